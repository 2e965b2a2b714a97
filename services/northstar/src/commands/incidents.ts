import { iso } from '@northstar/catalogue'
import type { Answer, api } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { printAnswer } from '../print.ts'
import { formatTable } from '../table.ts'

export function incidentsCommand(): Command {
  return new Command('incidents')
    .description(
      'Lists data losses of the event log and the stores. Until an incident is acknowledged it is in /readyz and the metrics, and verify fails.',
    )
    .option('--acknowledge', 'acknowledge every open incident')
    .option('--json', 'print the incidents as JSON')
    .action(async (options: { acknowledge?: boolean; json?: boolean }) => {
      const settings = readSettings()
      if (options.acknowledge) await callApi(settings, '/v1/incidents/acknowledge', { method: 'POST', body: {} })
      const { incidents } = await callApi<Answer<typeof api.operations.incidents>>(settings, '/v1/incidents')
      printAnswer({ incidents }, options.json, () => readable(incidents))
      if (incidents.some(({ acknowledgedAt }) => acknowledgedAt === null)) process.exitCode = 1
    })
}

function readable(incidents: Answer<typeof api.operations.incidents>['incidents']): string {
  if (incidents.length === 0) return 'No incidents.'
  const rows = incidents.map(({ at, group, kind, detail, acknowledgedAt }) => ({
    at: iso(at),
    group,
    kind,
    state: acknowledgedAt === null ? 'open' : 'acknowledged',
    detail,
  }))
  return formatTable(rows)
}
