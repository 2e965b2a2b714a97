import type { ScheduleAnswer } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { print, printAnswer } from '../print.ts'
import { formatTable } from '../table.ts'

export function scheduleCommand(): Command {
  return new Command('schedule')
    .description('Lists scheduled jobs with their last and next runs. Exits 1 while a job fails.')
    .option('--run <job>', 'run a job now for its last due time')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean; run?: string }) => {
      if (options.run !== undefined) {
        await callApi(readSettings(), `/v1/schedule/${encodeURIComponent(options.run)}/run`, { method: 'POST' })
        print(`${options.run} will run within a few seconds.`)
        return
      }
      const answer = await callApi<ScheduleAnswer>(readSettings(), '/v1/schedule')
      const rows = answer.jobs.map(({ name, next_at, last, failing, waiting, skipped }) => ({
        job: name,
        next: next_at,
        last: last?.due_at ?? null,
        late: last && last.late_seconds > 0 ? `${last.late_seconds} s` : null,
        skipped,
        'waiting for': waiting?.reason ?? null,
        problem: failing?.problem ?? null,
      }))
      printAnswer(answer, options.json, () => formatTable(rows))
      if (answer.jobs.some(({ failing }) => failing !== null)) process.exitCode = 1
    })
}
