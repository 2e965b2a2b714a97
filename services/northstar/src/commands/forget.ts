import { createInterface } from 'node:readline'
import type { ForgetAnswer, ForgetLine } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { streamApi } from '../api-client.ts'
import { print, printJson, warn } from '../print.ts'
import { formatTable } from '../table.ts'

export function forgetCommand(): Command {
  return new Command('forget')
    .description('Erases users from the log, the live counters, the warehouse and the dead letters. Prints a receipt for each user.')
    .argument(
      '<user-id...>',
      'ids as sent by the application; "-" reads them from stdin, one per line. Erasing many takes as long as erasing one',
    )
    .option('--json', 'print JSON, one receipt per line')
    .action(async (given: string[], options: { json?: boolean }) => {
      const userIds = given.length === 1 && given[0] === '-' ? await readLines() : given
      if (userIds.length === 0) throw new Error('no user ids on stdin', { cause: 'usage' })
      const answer = await forget(userIds, options.json ? () => {} : step => warn(`${step} …`))
      const { receipts, log_kept_until } = answer
      if (options.json) for (const receipt of receipts) printJson({ ...receipt, log_kept_until })
      else print(readable(answer))
      if (receipts.some(({ remaining }) => remaining > 0)) process.exitCode = 1
    })
}

async function forget(user_ids: readonly string[], onStep: (step: string) => void): Promise<ForgetAnswer> {
  for await (const line of streamApi<ForgetLine>(readSettings(), '/v1/forget', { user_ids })) {
    if ('step' in line) onStep(line.step)
    else if ('result' in line) return line.result
    else throw failure(line.error)
  }
  throw failure('the connection was closed; the erasure goes on in the server. Run the command again to see that nothing remains')
}

const failure = (message: string) => Object.assign(new Error(message), { code: 'forget_failed' })

async function readLines(): Promise<string[]> {
  const ids: string[] = []
  for await (const line of createInterface({ input: process.stdin })) if (line.trim() !== '') ids.push(line.trim())
  return ids
}

const kept = (until: string) =>
  `Kafka keeps the records until its retention deletes them, not before ${until.slice(0, 10)}. Until then every reader leaves these events out. The last 1,048,576 events of a partition are kept longer.`

function readable({ receipts, log_kept_until }: ForgetAnswer): string {
  const notes = [...(log_kept_until === null ? [] : [kept(log_kept_until)]), 'Existing backups are not changed.']
  return `${formatTable(receipts.map(receipt => ({ ...receipt })))}\n${notes.join('\n')}`
}
