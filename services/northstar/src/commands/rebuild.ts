import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, api } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { printAnswer } from '../print.ts'
import { withProgress } from '../progress.ts'

const POLL_MS = 200

export function rebuildCommand(): Command {
  return new Command('rebuild')
    .description('Rebuilds the live counters from the log without downtime.')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const settings = readSettings()
      await callApi(settings, '/v1/rebuild', { method: 'POST', body: {} })
      const records = await withProgress('Rebuilding', 1, async progress => {
        for (;;) {
          const lag = (await callApi<Answer<typeof api.operations.lag>>(settings, '/v1/lag')).groups.counters
          if (lag) {
            progress.update(lag.total - lag.behind, lag.total)
            if (lag.behind === 0) return lag.total
          }
          await sleep(POLL_MS)
        }
      })
      printAnswer({ records }, options.json, () => `Rebuilt the live counters from ${records.toLocaleString('en-US')} log records.`)
    })
}
