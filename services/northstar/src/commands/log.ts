import { setTimeout as sleep } from 'node:timers/promises'
import type { LogPage } from '@northstar/http-api'
import { readSettings, type Settings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { wholeNumber, wholeNumberAboveZero } from '../numbers.ts'
import { printJson } from '../print.ts'

interface Options {
  partition?: number
  from?: string
  limit?: number
  follow?: boolean
}

const PAGE = 1_000
const FOLLOW_MS = 500

export function logCommand(): Command {
  return new Command('log')
    .description('Prints the events of the event log as NDJSON.')
    .option('--partition <n>', 'only this partition', wholeNumber)
    .option('--from <start>', 'an offset, a date or an RFC 3339 time (default: the oldest record)')
    .option('--limit <n>', 'maximum number of events', wholeNumberAboveZero)
    .option('--follow', 'wait for new events')
    .action(async (options: Options) => {
      let left = options.limit ?? Number.POSITIVE_INFINITY
      for await (const event of readLog(readSettings(), options)) {
        printJson(event)
        if (--left === 0) return
      }
    })
}

/** Yields the events of each partition in order, one partition after the other; with `follow` it continues with new events. */
async function* readLog(settings: Settings, { partition, from, follow }: Options): AsyncGenerator<LogPage['events'][number]> {
  const starts = new Map<number, string | undefined>([[partition ?? 0, from]])
  for (;;) {
    for (const [each, start] of starts) {
      let at = start
      for (;;) {
        const page = await callApi<LogPage>(
          settings,
          `/v1/log/${each}?limit=${PAGE}${at === undefined ? '' : `&from=${encodeURIComponent(at)}`}`,
        )
        if (partition === undefined) for (let other = 1; other < page.partitions; other++) if (!starts.has(other)) starts.set(other, from)
        yield* page.events
        at = String(page.next)
        if (page.events.length < PAGE) break
      }
      starts.set(each, at)
    }
    if (!follow) return
    await sleep(FOLLOW_MS)
  }
}
