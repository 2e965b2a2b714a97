import type { DeadLetters, DeadLetterTrial } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { wholeNumberAboveZero } from '../numbers.ts'
import { formatTable } from '../table.ts'

type DeadLetter = DeadLetters['dead_letters'][number]

interface Options {
  readonly json?: boolean
  readonly limit?: number
}

/** How many `show` looks through for the one that is meant. */
const SEARCHED = 1_000

export function deadLettersCommand(): Command {
  const command = new Command('dead-letters').description(
    'Accepted events that are quarantined or could not be stored: lists, shows, tries and replays them.',
  )
  command
    .command('list')
    .description('Lists them, the newest first.')
    .option('--limit <n>', 'the most that are listed', wholeNumberAboveZero, 50)
    .option('--json', 'print JSON')
    .action(async ({ limit = 50, json }: Options) => {
      const { dead_letters } = await callApi<DeadLetters>(readSettings(), `/v1/dead-letters?limit=${Math.min(limit, SEARCHED)}`)
      const rows = dead_letters.map(({ at, partition, offset, events, reason }) => ({ at, partition, offset, events, reason }))
      if (json) print(JSON.stringify(dead_letters))
      else print(rows.length === 0 ? 'There are none.' : formatTable(rows))
    })
  command
    .command('show <partition:offset>')
    .description('Shows one with its content, where the caller may see it.')
    .option('--json', 'print JSON')
    .action(async (place: string, { json }: Options) => {
      const { dead_letters } = await callApi<DeadLetters>(readSettings(), `/v1/dead-letters?limit=${SEARCHED}`)
      const found = dead_letters.find(({ partition, offset }) => `${partition}:${offset}` === place)
      if (!found) throw Object.assign(new Error(`there is no dead letter ${place} among the newest ${SEARCHED}`), { code: 'not_found' })
      print(json ? JSON.stringify(found) : readable(found))
    })
  command
    .command('try')
    .description('Says how many would be stored by the plan and the tables of today. Changes nothing.')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => report(await post('/v1/dead-letters/try'), 'would pass', json))
  command
    .command('replay')
    .description('Replays those that pass, each once however often it is run. Alerts do not fire for them: they count at their own time.')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => report(await post('/v1/dead-letters/replay'), 'were replayed', json))
  return command
}

const post = (path: string) => callApi<DeadLetterTrial>(readSettings(), path, { method: 'POST', body: {} })

const print = (text: string) => process.stdout.write(`${text}\n`)

function report(trial: DeadLetterTrial, what: string, json: boolean | undefined): void {
  if (json) return void print(JSON.stringify(trial))
  const { total, passed, refused } = trial
  print(`${passed.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} ${what}`)
  for (const [reason, count] of Object.entries(refused)) print(`  ${count.toLocaleString('en-US')}: ${reason}`)
}

function readable(letter: DeadLetter): string {
  const { at, partition, offset, reason, text, base64 } = letter
  const content = text ?? (base64 === undefined ? '(withheld: it may hold sensitive properties)' : `base64 ${base64}`)
  return `${at}  partition ${partition}, offset ${offset}\nreason: ${reason}\n${content}`
}
