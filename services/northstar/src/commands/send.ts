import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { readSettings } from '@northstar/runtime'
import { Command, InvalidArgumentError } from 'commander'
import { addressOf } from '../api-client.ts'
import { checkToken, readCredentials } from '../credentials.ts'
import { printAnswer, warn } from '../print.ts'
import { withProgress } from '../progress.ts'
import { type SendResult, sendEvents } from '../simulate/index.ts'

export function sendCommand(): Command {
  return new Command('send')
    .description('Sends events from files or stdin: NDJSON, one event per line. Events with repeated ids count once.')
    .argument('[file...]', 'event files (default: stdin)')
    .option('--key <key>', 'write key (default: NORTHSTAR_WRITE_KEY, or the stored one)')
    .option('--json', 'print JSON')
    .action(async (files: string[], options: { key?: string; json?: boolean }) => {
      const target = targetOf(options)
      const result = await withProgress('Sending', undefined, progress =>
        sendEvents(target.url, target.key, readLines(files), {
          onRetry: reason => warn(`${reason}; trying again`),
          onProgress: ({ accepted, rejected }) => progress.update(accepted + rejected),
        }),
      )
      report(result, options.json)
    })
}

/** The ingest address and write key. */
export function targetOf(options: { key?: string }): { readonly url: string; readonly key: string } {
  const settings = readSettings()
  const key = options.key ?? readCredentials(settings).writeKey
  if (!key) throw new Error('no write key: set --key or NORTHSTAR_WRITE_KEY', { cause: 'usage' })
  return { url: addressOf(settings), key: checkToken(key, `the key of ${options.key === undefined ? 'NORTHSTAR_WRITE_KEY' : '--key'}`) }
}

/** Prints the result; the exit code is 1 if an event was rejected. */
export function report(result: SendResult, json: boolean | undefined): void {
  printAnswer(result, json, () => {
    const { accepted, rejected, rejections } = result
    const reasons = rejections.map(
      ({ index, code, field, message }) => `  event ${index}: ${code}${field ? ` (${field})` : ''}: ${message}`,
    )
    return [`${accepted.toLocaleString('en-US')} accepted, ${rejected.toLocaleString('en-US')} rejected`, ...reasons].join('\n')
  })
  if (result.rejected > 0) process.exitCode = 1
}

async function* readLines(files: readonly string[]): AsyncGenerator<unknown> {
  for (const file of files.length > 0 ? files : ['-']) {
    const input = file === '-' ? process.stdin : createReadStream(file)
    let number = 0
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++
      if (line.trim()) yield parse(line, file, number)
    }
  }
}

function parse(line: string, file: string, number: number): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new InvalidArgumentError(`${file === '-' ? 'stdin' : file}:${number} is not JSON: write one event per line`)
  }
}
