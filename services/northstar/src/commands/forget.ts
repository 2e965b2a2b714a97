import { createInterface } from 'node:readline'
import type { ForgetAnswer, ForgetLine } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { streamApi } from '../api-client.ts'
import { formatTable } from '../table.ts'

export function forgetCommand(): Command {
  return new Command('forget')
    .description('Erases users from the log, the live counters, the warehouse and the dead letters, and prints a receipt for each.')
    .argument(
      '<user-id...>',
      'as the application sends them; "-" reads one a line from stdin, and erasing many takes as long as erasing one',
    )
    .option('--json', 'print JSON, one receipt a line')
    .action(async (given: string[], options: { json?: boolean }) => {
      const userIds = given.length === 1 && given[0] === '-' ? await readLines() : given
      if (userIds.length === 0) throw new Error('no user ids on stdin', { cause: 'usage' })
      const answer = await forget(userIds, options.json ? () => {} : step => process.stderr.write(`${step} …\n`))
      process.stdout.write(options.json ? answer.receipts.map(receipt => `${JSON.stringify(receipt)}\n`).join('') : readable(answer))
      if (answer.receipts.some(({ remaining }) => remaining > 0)) process.exitCode = 1
    })
}

async function forget(user_ids: readonly string[], onStep: (step: string) => void): Promise<ForgetAnswer> {
  for await (const line of streamApi<ForgetLine>(readSettings(), '/v1/forget', { user_ids })) {
    if ('step' in line) onStep(line.step)
    else if ('result' in line) return line.result
    else throw failure(line.error)
  }
  throw failure('the answer was cut off: run the command again, it goes on where it stopped')
}

const failure = (message: string) => Object.assign(new Error(message), { code: 'forget_failed' })

async function readLines(): Promise<string[]> {
  const ids: string[] = []
  for await (const line of createInterface({ input: process.stdin })) if (line.trim() !== '') ids.push(line.trim())
  return ids
}

const KEPT =
  'Kafka keeps its records until its retention deletes them (7 days by default): until then every reader leaves these events out.'

function readable({ receipts, log }: ForgetAnswer): string {
  const notes = [...(log === 'erased' ? [] : [KEPT]), 'Backups that were made before are not changed.']
  return `${formatTable(receipts.map(receipt => ({ ...receipt })))}\n${notes.join('\n')}\n`
}
