import type { TrackingPlan } from '@northstar/catalogue'
import { decodeHead } from '@northstar/events'
import {
  aggregateCode,
  type BucketKey,
  bucketKey,
  bucketStart,
  countOfKind,
  LEDGER_ENTRIES,
  ledgerField,
  RESOLUTIONS,
  type Resolution,
} from '@northstar/live-counters'
import type { Stores } from './stores.ts'

/** An event that was sent, reduced to the fields that are compared. */
export interface SentEvent {
  readonly event: string
  readonly id: string
  /** RFC 3339. */
  readonly timestamp: string
}

/** Differences between the stores and the events that were sent; all 0 if there are none. */
export interface Figures {
  /** Events missing from a store. */
  readonly lost: number
  /** Events that a store counts more than once. */
  readonly doubled: number
  /** Differences between stores that must be equal, as when a batch reached only one of them. */
  readonly partial: number
  /** Descriptions of the first differences. */
  readonly details: readonly string[]
}

const MINUTE = RESOLUTIONS[1]

/** Compares the stores with the events that were sent. Every request must have been answered. */
export async function figuresOf(stores: Stores, plan: TrackingPlan, sent: Iterable<SentEvent>): Promise<Figures> {
  const tally = new Tally()
  const events = [...new Map([...sent].map(event => [event.id, event])).values()]
  const times = events.map(event => Date.parse(event.timestamp))

  // By kind and millisecond: ids are stored as keyed hashes. The table drops repeated rows when it merges, so the ledger is compared as well.
  const rows = await stores.warehouse.query<{ event: string; at: number; n: number; ids: number }>(
    'SELECT event, toUnixTimestamp64Milli(timestamp) AS at, count() AS n, uniqExact(id_key) AS ids FROM events GROUP BY event, at',
  )
  const wanted = countBy(events, event => `${event.event} ${Date.parse(event.timestamp)}`)
  for (const { event, at, n, ids } of rows) {
    const key = `${event} ${Number(at)}`
    tally.compare(`rows of ${key}`, Number(n), wanted.get(key) ?? 0)
    tally.differ(`different ids of ${key}`, Number(ids), Number(n))
    wanted.delete(key)
  }
  for (const [key, n] of wanted) tally.compare(`rows of ${key}`, 0, n)

  const byKind = countBy(events, event => event.event)
  for (const resolution of RESOLUTIONS) {
    // Events that arrived too late for a resolution are not counted in it.
    if (times.some(time => time < Date.now() - 0.9 * resolution.keptMs)) continue
    const totals = await stores.counters.totals(bucketsOver(resolution, times), [...plan.events.keys()].map(codeOf))
    for (const kind of plan.events.keys())
      tally.compare(`live ${resolution.name} of ${kind}`, totals.get(codeOf(kind)) ?? 0, byKind.get(kind) ?? 0)
  }

  const log = await accountOfLog(stores)
  const [ledger] = await stores.warehouse.query<Record<'accepted' | 'stored' | 'duplicates' | 'dead_lettered', number>>(
    'SELECT sum(accepted) AS accepted, sum(stored) AS stored, sum(duplicates) AS duplicates, sum(dead_lettered) AS dead_lettered FROM ledger',
  )
  const buckets = bucketsOver(MINUTE, [log.firstAt, log.lastAt])
  const live = await stores.counters.totals(buckets, LEDGER_ENTRIES.map(ledgerField))
  tally.compare('accepted, by the ledger', Number(ledger?.accepted), log.accepted)
  tally.compare('accepted, by the live ledger', live.get(ledgerField('accepted')) ?? 0, log.accepted)
  tally.compare('stored, by the ledger', Number(ledger?.stored), events.length)
  tally.differ('duplicates, by the two ledgers', Number(ledger?.duplicates), live.get(ledgerField('duplicates')) ?? 0)
  tally.differ('dead letters, by the two ledgers', Number(ledger?.dead_lettered), live.get(ledgerField('dead_lettered')) ?? 0)
  const [letters] = await stores.warehouse.query<{ n: number }>('SELECT sum(events) AS n FROM dead_letters')
  tally.differ('events of dead letters', Number(letters?.n), Number(ledger?.dead_lettered))
  return tally.figures()
}

/** One line for readers of a run's output. */
export function figuresLine(what: string, seed: number, events: number, { lost, doubled, partial }: Figures): string {
  return `${what}, seed ${seed}, ${events.toLocaleString('en-US')} events: lost ${lost}, doubled ${doubled}, partial ${partial}\n`
}

class Tally {
  #lost = 0
  #doubled = 0
  #partial = 0
  readonly #details: string[] = []

  compare(what: string, found: number, wanted: number): void {
    if (found < wanted) this.#lost += wanted - found
    if (found > wanted) this.#doubled += found - wanted
    this.#print(what, found, wanted)
  }

  differ(what: string, one: number, other: number): void {
    this.#partial += Math.abs(one - other)
    this.#print(what, one, other)
  }

  #print(what: string, found: number, wanted: number): void {
    if (found !== wanted && this.#details.length < 20) this.#details.push(`${what}: ${found}, not ${wanted}`)
  }

  figures(): Figures {
    return { lost: this.#lost, doubled: this.#doubled, partial: this.#partial, details: this.#details }
  }
}

async function accountOfLog({ log }: Stores): Promise<{ accepted: number; firstAt: number; lastAt: number }> {
  let accepted = 0
  let firstAt = Number.POSITIVE_INFINITY
  let lastAt = 0
  for (let partition = 0; partition < log.partitions; partition++) {
    for await (const record of log.scan(partition, { offset: 0 })) {
      const head = decodeHead(record.headers)
      accepted += head.outcome === 'ok' ? head.value.count : 1
      firstAt = Math.min(firstAt, record.appendedAt)
      lastAt = Math.max(lastAt, record.appendedAt)
    }
  }
  return { accepted, firstAt, lastAt }
}

/** Every bucket from the earliest to the latest of the times. */
function bucketsOver(resolution: Resolution, times: readonly number[]): BucketKey[] {
  const buckets: BucketKey[] = []
  const last = times.reduce((a, b) => Math.max(a, b), 0)
  const first = times.reduce((a, b) => Math.min(a, b), last)
  for (let at = bucketStart(resolution, first); at <= last; at += resolution.lengthMs) buckets.push(bucketKey(resolution, at))
  return buckets
}

const codeOf = (kind: string) => aggregateCode(countOfKind(kind))

export function countBy<T>(list: Iterable<T>, keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const item of list) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return counts
}
