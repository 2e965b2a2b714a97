import { setTimeout as sleep } from 'node:timers/promises'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { printAnswer } from '../print.ts'
import { startProgress } from '../progress.ts'

interface Lag {
  readonly groups: Readonly<Record<string, { readonly behind: number; readonly total: number }>>
}

export function rebuildCommand(): Command {
  return new Command('rebuild')
    .description('Rebuilds the live counters from the log without downtime.')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const settings = readSettings()
      await callApi(settings, '/v1/rebuild', { method: 'POST', body: {} })
      const progress = startProgress('Rebuilding', 1)
      let records = 0
      for (;;) {
        const { groups } = await callApi<Lag>(settings, '/v1/lag')
        const lag = groups.counters
        if (lag) {
          records = lag.total
          progress.update(lag.total - lag.behind, lag.total)
          if (lag.behind === 0) break
        }
        await sleep(200)
      }
      progress.stop()
      printAnswer({ records }, options.json, () => `Rebuilt the live counters from ${records.toLocaleString('en-US')} log records.`)
    })
}
