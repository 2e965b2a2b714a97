import { DAY_MS, iso, MINUTE_MS, sensitiveProperties } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import type { EventLog } from '@northstar/event-log'
import { QUARANTINED } from '@northstar/events'
import { api } from '@northstar/http-api'
import { bucketKey, LEDGER_ENTRIES, type LiveCounters, ledgerField, RESOLUTIONS } from '@northstar/live-counters'
import type { MetricCatalogue } from '@northstar/metrics'
import { DEAD_LETTER_COLUMNS, type DeadLetterRow, decodeDeadLetter } from '@northstar/pipeline'
import { type FastifyPluginAsync, handle } from '@northstar/runtime'
import { contentOf } from './dead-letters/content.ts'
import { lagOf } from './lag.ts'

export interface IngestionDeps {
  readonly log: EventLog
  readonly counters: LiveCounters
  readonly warehouse: Warehouse
  readonly now: () => number
  readonly catalogue: Pick<MetricCatalogue, 'plan'>
}

const [, MINUTES] = RESOLUTIONS
const SHOWN_MINUTES = 60
const REJECTED = ledgerField('rejected:')

/** The state of ingestion: events by minute, the lag of the groups, rejections by code, dead letters. */
export function ingestionRoutes(deps: IngestionDeps): FastifyPluginAsync {
  const { counters, warehouse, now } = deps

  async function ledgerByMinute() {
    const last = Math.floor(now() / MINUTE_MS) * MINUTE_MS
    const minutes = Array.from({ length: SHOWN_MINUTES }, (_, i) => last - (SHOWN_MINUTES - 1 - i) * MINUTE_MS)
    return Promise.all(minutes.map(async minute => ({ minute, totals: await counters.totals([bucketKey(MINUTES, minute)], ['ledger']) })))
  }

  async function deadLetterCounts() {
    const [row] = await warehouse.query<{ day: number; total: number; quarantined: number }>(
      `SELECT sumIf(events, at >= fromUnixTimestamp64Milli({day:Int64})) AS day, sum(events) AS total,
       sumIf(events, startsWith(reason, {quarantined:String})) AS quarantined FROM dead_letters`,
      { params: { day: now() - DAY_MS, quarantined: QUARANTINED } },
    )
    return { last_day: Number(row?.day ?? 0), total: Number(row?.total ?? 0), quarantined: Number(row?.quarantined ?? 0) }
  }

  return async fastify => {
    handle(fastify, api.operations.ingestion, async () => {
      const [ledger, groups, dead] = await Promise.all([ledgerByMinute(), lagOf(deps.log, counters), deadLetterCounts()])
      const rejected = new Map<string, number>()
      for (const { totals } of ledger) {
        for (const [field, count] of totals) {
          if (!field.startsWith(REJECTED)) continue
          const code = field.slice(REJECTED.length)
          rejected.set(code, (rejected.get(code) ?? 0) + count)
        }
      }
      const minutes = ledger.map(({ minute, totals }) => ({ at: iso(minute), ...ledgerOf(totals) }))
      // The last full minute.
      const accepted = ledger.at(-2)?.totals.get(ledgerField('accepted')) ?? 0
      return {
        at: iso(now()),
        per_second: accepted / (MINUTE_MS / 1_000),
        minutes,
        rejected: Object.fromEntries([...rejected].toSorted(([, a], [, b]) => b - a)),
        groups,
        dead_letters: dead,
      }
    })

    handle(fastify, api.operations.deadLetters, async ({ query: { limit, before }, caller }) => {
      const withheld = !caller.sensitive && sensitiveProperties(deps.catalogue.plan).size > 0
      const rows = await warehouse.query<DeadLetterRow & { readonly place: string }>(
        `SELECT ${DEAD_LETTER_COLUMNS}, toString(cityHash64(bytes)) AS place FROM dead_letters
         WHERE (toUnixTimestamp64Milli(at), partition, offset, cityHash64(bytes)) < ({ms:Int64}, {partition:UInt32}, {offset:Int64}, {place:UInt64})
         ORDER BY ms DESC, partition DESC, offset DESC, cityHash64(bytes) DESC LIMIT {limit:UInt32}`,
        { params: { ...cursorOf(before), limit: limit + 1 } },
      )
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      return {
        dead_letters: page.map(row => {
          const { record, reason, events } = decodeDeadLetter(row)
          return {
            at: iso(record.appendedAt),
            partition: record.partition,
            offset: record.offset,
            reason,
            events,
            ...(withheld ? { withheld } : contentOf(record)),
          }
        }),
        next: rows.length > limit && last ? [last.ms, last.partition, last.offset, last.place].join('-') : null,
      }
    })
  }
}

type Entry = (typeof LEDGER_ENTRIES)[number]

const ledgerOf = (totals: ReadonlyMap<string, number>) =>
  Object.fromEntries(LEDGER_ENTRIES.map(entry => [entry, totals.get(ledgerField(entry)) ?? 0])) as Record<Entry, number>

/** Decodes the position of a dead letter, after which a page begins. */
function cursorOf(before: string | undefined) {
  const [ms = '', partition = '', offset = '', place = ''] = (before ?? `${Number.MAX_SAFE_INTEGER}-0-0-0`).split('-')
  return { ms, partition, offset, place }
}
