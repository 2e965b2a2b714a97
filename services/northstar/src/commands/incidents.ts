import type { LogIncident } from '@northstar/pipeline'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { formatTable } from '../table.ts'

export function incidentsCommand(): Command {
  return new Command('incidents')
    .description(
      'Lists what the event log or a store has lost. An incident stays in /readyz and the metrics, and verify fails, until it is acknowledged.',
    )
    .option('--acknowledge', 'acknowledge every open incident')
    .option('--json', 'print the incidents as JSON')
    .action(async (options: { acknowledge?: boolean; json?: boolean }) => {
      const settings = readSettings()
      if (options.acknowledge) await callApi(settings, '/v1/incidents/acknowledge', { method: 'POST', body: {} })
      const { incidents } = await callApi<{ incidents: readonly LogIncident[] }>(settings, '/v1/incidents')
      process.stdout.write(options.json ? `${JSON.stringify({ incidents })}\n` : readable(incidents))
      if (incidents.some(({ acknowledgedAt }) => acknowledgedAt === null)) process.exitCode = 1
    })
}

function readable(incidents: readonly LogIncident[]): string {
  if (incidents.length === 0) return 'No incidents.\n'
  const rows = incidents.map(({ at, group, kind, detail, acknowledgedAt }) => ({
    noticed: new Date(at).toISOString(),
    group,
    kind,
    state: acknowledgedAt === null ? 'open' : 'acknowledged',
    detail,
  }))
  return `${formatTable(rows)}\n`
}
