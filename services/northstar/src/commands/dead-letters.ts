import type { DeadLetters, DeadLetterTrial } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command, InvalidArgumentError } from 'commander'
import { callApi } from '../api-client.ts'
import { wholeNumberAboveZero } from '../numbers.ts'
import { print, printAnswer, printJson } from '../print.ts'
import { formatTable } from '../table.ts'

type DeadLetter = DeadLetters['dead_letters'][number]

interface Options {
  readonly json?: boolean
  readonly limit?: number
}

/** Number of dead letters that `show` searches. */
const MAX_SEARCHED = 1_000

export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description(
    'Lists, shows, checks and replays accepted events that are quarantined or could not be stored.',
  )
  command
    .command('list')
    .description('Lists dead letters, newest first.')
    .option('--limit <n>', 'maximum number of dead letters', wholeNumberAboveZero, 50)
    .option('--json', 'print JSON')
    .action(async ({ limit = 50, json }: Options) => {
      const { dead_letters } = await callApi<DeadLetters>(readSettings(), `/v1/dead-letters?limit=${Math.min(limit, MAX_SEARCHED)}`)
      const rows = dead_letters.map(({ at, partition, offset, events, reason }) => ({ at, partition, offset, events, reason }))
      printAnswer(dead_letters, json, () => (rows.length === 0 ? 'No dead letters.' : formatTable(rows)))
    })
  command
    .command('show <partition:offset>')
    .description('Shows a dead letter with its content, if the caller may see it.')
    .option('--json', 'print JSON')
    .action(async (position: string, { json }: Options) => {
      const { dead_letters } = await callApi<DeadLetters>(readSettings(), `/v1/dead-letters?limit=${MAX_SEARCHED}`)
      const found = dead_letters.find(({ partition, offset }) => `${partition}:${offset}` === position)
      if (!found) throw new InvalidArgumentError(`there is no dead letter ${position} among the newest ${MAX_SEARCHED}`)
      printAnswer(found, json, () => readable(found))
    })
  command
    .command('try')
    .description('Prints how many could be stored with the current plan and tables. Changes nothing.')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => report(await post('/v1/dead-letters/try'), 'would pass', json))
  command
    .command('replay')
    .description('Replays the dead letters that pass, each once. Events count at their own time, so they fire no alerts.')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => report(await post('/v1/dead-letters/replay'), 'were replayed', json))
  return command
}

const post = (path: string) => callApi<DeadLetterTrial>(readSettings(), path, { method: 'POST', body: {} })

function report(trial: DeadLetterTrial, what: string, json: boolean | undefined): void {
  if (json) return void printJson(trial)
  const { total, passed, refused } = trial
  print(`${passed.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} ${what}`)
  for (const [reason, count] of Object.entries(refused)) print(`  ${count.toLocaleString('en-US')}: ${reason}`)
}

function readable(deadLetter: DeadLetter): string {
  const { at, partition, offset, reason, text, base64 } = deadLetter
  const content = text ?? (base64 === undefined ? '(withheld: it may contain sensitive properties)' : `base64 ${base64}`)
  return `${at}  partition ${partition}, offset ${offset}\nreason: ${reason}\n${content}`
}
