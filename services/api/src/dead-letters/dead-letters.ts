import type { TrackingPlan } from '@northstar/catalogue'
import { RowsRefused, type Warehouse } from '@northstar/clickhouse'
import {
  concatenate,
  createEventCheck,
  type Decoded,
  decodeHead,
  type EventBlock,
  type EventCheck,
  keyText,
  type RecordHead,
  readEvents,
} from '@northstar/events'
import type { DeadLetterTrial } from '@northstar/http-api'
import type { LiveCounters } from '@northstar/live-counters'

export interface DeadLettersDeps {
  readonly warehouse: Pick<Warehouse, 'query' | 'insert' | 'insertBlock' | 'tryBlock' | 'deleteRows'>
  readonly counters: Pick<LiveCounters, 'reset'>
  readonly plan: TrackingPlan
}

/** What became of dead letters by today's plan and tables. */
export interface DeadLetters {
  /** How many would be stored now, and why the others would not. Nothing changes. */
  try(): Promise<DeadLetterTrial>
  /**
   * Stores those that pass, each once however often it is called: their events keep their identities and their times. The live counters of
   * their partitions are counted again, so that an old event lands in its old bucket and no rule sees it as news.
   */
  replay(): Promise<DeadLetterTrial>
}

interface Row {
  readonly hash: string
  readonly ms: number
  readonly partition: number
  readonly events: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: string
}

interface Readable {
  readonly row: Row
  readonly head: RecordHead
  readonly events: EventBlock
}

/** Read at a time: each may hold a record of 256 KiB. */
const PAGE = 50

type Queries = Pick<Warehouse, 'query'>

async function* pages(warehouse: Queries): AsyncGenerator<readonly Row[]> {
  for (let after = '0', first = true; ; first = false) {
    const rows = await warehouse.query<Row>(
      `SELECT toString(cityHash64(bytes)) AS hash, toUnixTimestamp64Milli(at) AS ms, partition, events, headers, bytes FROM dead_letters
       WHERE cityHash64(bytes) > {after:UInt64} ${first ? 'OR cityHash64(bytes) = 0' : ''} ORDER BY cityHash64(bytes) LIMIT {page:UInt32}`,
      { params: { after, page: PAGE } },
    )
    if (rows.length === 0) return
    yield rows
    after = rows.at(-1)?.hash ?? after
  }
}

/** Rows of the record that are stored already, or repeat one of the record. */
async function repeatsOf({ head: { ids, count } }: Readable, warehouse: Queries): Promise<number[]> {
  const texts = Array.from({ length: count }, (_, i) => keyText({ high: ids[2 * i + 1] as number, low: ids[2 * i] as number }))
  const stored = await warehouse.query<{ id: string }>(
    'SELECT id FROM events WHERE id_key IN (SELECT toUInt64(arrayJoin({keys:Array(String)})))',
    {
      params: { keys: texts.map(text => BigInt(`0x${text || '0'}`).toString()) },
    },
  )
  const seen = new Set(stored.map(({ id }) => id))
  return texts.flatMap((text, i) => {
    if (seen.has(text)) return [i]
    seen.add(text)
    return []
  })
}

/** The events of a dead letter, or why it still cannot be read. */
function read(row: Row, check: EventCheck): Readable | string {
  const headers = Object.fromEntries(Object.entries(row.headers).map(([name, text]) => [name, Buffer.from(text, 'base64')]))
  const head: Decoded<RecordHead> = decodeHead(headers)
  if (head.outcome === 'damaged') return head.reason
  const events = readEvents(head.value, Buffer.from(row.bytes, 'base64'), check)
  return typeof events === 'string' ? events : { row, head: head.value, events }
}

export function createDeadLetters({ warehouse, counters, plan }: DeadLettersDeps): DeadLetters {
  const check = createEventCheck(plan)

  const blockOf = ({ events, head }: Readable, skip: readonly number[]) =>
    concatenate([{ events, ids: head.ids, skip }], plan.columns).value

  /** The trial of one: null where the table would take it. */
  async function refusal(letter: Readable): Promise<string | null> {
    try {
      await warehouse.tryBlock('events', blockOf(letter, []))
      return null
    } catch (error) {
      if (error instanceof RowsRefused) return error.message
      throw error
    }
  }

  async function store(letter: Readable): Promise<void> {
    const { row, head } = letter
    const token = `dead-letter:${row.hash}`
    const skip = await repeatsOf(letter, warehouse)
    if (skip.length < head.count) await warehouse.insertBlock('events', blockOf(letter, skip), token)
    const stored = head.count - skip.length
    const events = Number(row.events)
    const line = {
      partition: Number(row.partition),
      minute: Number(row.ms),
      accepted: 0,
      stored,
      duplicates: events - stored,
      dead_lettered: -events,
      rejected: 0,
    }
    await warehouse.insert('ledger', [Buffer.from(`${JSON.stringify(line)}\n`)], token)
  }

  async function each(onPass: (letter: Readable) => Promise<void>): Promise<DeadLetterTrial> {
    let [total, passed] = [0, 0]
    const reasons = new Map<string, number>()
    for await (const rows of pages(warehouse)) {
      for (const row of rows) {
        total++
        const letter = read(row, check)
        const reason = typeof letter === 'string' ? letter : await refusal(letter)
        if (reason !== null) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
        else if (typeof letter !== 'string') {
          passed++
          await onPass(letter)
        }
      }
    }
    return { total, passed, refused: Object.fromEntries(reasons) }
  }

  return {
    try: () => each(async () => {}),
    async replay() {
      const done: string[] = []
      const partitions = new Set<number>()
      const outcome = await each(async letter => {
        await store(letter)
        done.push(letter.row.hash)
        partitions.add(Number(letter.row.partition))
      })
      // A crash before this stores nothing twice: each is stored under a token of its own.
      if (done.length > 0) {
        await warehouse.deleteRows('dead_letters', `cityHash64(bytes) IN (${done.join(', ')})`)
        await counters.reset([...partitions])
      }
      return outcome
    },
  }
}
