import type { TrackingPlan } from '@northstar/catalogue'
import { RowsRefused, type Warehouse } from '@northstar/clickhouse'
import {
  concatenate,
  createEventCheck,
  type Decoded,
  decodeHead,
  type EncodedRecord,
  type EventBlock,
  type EventCheck,
  hashText,
  keyText,
  quarantineReason,
  type RecordHead,
  readEvents,
} from '@northstar/events'
import type { DeadLetterTrial } from '@northstar/http-api'
import type { LiveCounters } from '@northstar/live-counters'
import { isOneOfLetters, LETTER_HASH } from './identity.ts'
import { identitiesOf, type Quarantine, type QuarantineTrial, withoutReleased } from './quarantine.ts'

export interface DeadLettersDeps {
  readonly warehouse: Pick<Warehouse, 'query' | 'insert' | 'insertBlock' | 'tryBlock' | 'deleteRows'>
  readonly counters: Pick<LiveCounters, 'reset'>
  readonly plan: TrackingPlan
  readonly quarantine: Quarantine
}

/** What became of dead letters by today's plan and tables. */
export interface DeadLetters {
  /** How many would be stored now, and why the others would not. Nothing changes. */
  try(): Promise<DeadLetterTrial>
  /**
   * Stores those that pass, each once however often it is called: their events keep their identities and their times. The live counters of
   * their partitions are counted again, so that an old event lands in its old bucket and no rule sees it as news. Quarantined events go through
   * the log, and land in their old buckets by themselves.
   */
  replay(): Promise<DeadLetterTrial>
}

interface Row {
  readonly hash: string
  readonly ms: number
  readonly partition: number
  readonly offset: number
  readonly reason: string
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
  for (let after = ''; ; ) {
    const rows = await warehouse.query<Row>(
      `SELECT ${LETTER_HASH} AS hash, toUnixTimestamp64Milli(at) AS ms, partition, offset, reason, events, headers, bytes
       FROM dead_letters
       WHERE hash > {after:String} ORDER BY hash LIMIT {page:UInt32}`,
      { params: { after, page: PAGE } },
    )
    if (rows.length === 0) return
    yield rows
    after = rows.at(-1)?.hash ?? after
  }
}

/** Which of some identities are stored. */
async function storedAmong(texts: readonly string[], warehouse: Queries): Promise<Set<string>> {
  const stored = await warehouse.query<{ id: string }>(
    'SELECT id FROM events WHERE id_key IN (SELECT toUInt64(arrayJoin({keys:Array(String)})))',
    {
      params: { keys: texts.map(text => BigInt(`0x${text || '0'}`).toString()) },
    },
  )
  return new Set(stored.map(({ id }) => id))
}

/** Rows of the record that are stored already, or repeat one of the record. */
async function repeatsOf({ head: { ids, count } }: Readable, warehouse: Queries): Promise<number[]> {
  const texts = Array.from({ length: count }, (_, i) => keyText({ high: ids[2 * i + 1] as number, low: ids[2 * i] as number }))
  const seen = await storedAmong(texts, warehouse)
  return texts.flatMap((text, i) => {
    if (seen.has(text)) return [i]
    seen.add(text)
    return []
  })
}

function recordOf({ headers, bytes }: Row): EncodedRecord {
  const decoded = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text, 'base64')]))
  return { headers: decoded, value: Buffer.from(bytes, 'base64') }
}

/** The events of a dead letter, or why it still cannot be read. */
function read(row: Row, record: EncodedRecord, check: EventCheck): Readable | string {
  const head: Decoded<RecordHead> = decodeHead(record.headers)
  if (head.outcome === 'damaged') return head.reason
  const events = readEvents(head.value, record.value, check)
  return typeof events === 'string' ? events : { row, head: head.value, events }
}

/** Reasons that a trial counts one by one; names in them come from senders. */
const MAX_REASONS = 50

function createReasons() {
  const reasons = new Map<string, number>()
  return {
    add(reason: string) {
      const key = reasons.has(reason) || reasons.size < MAX_REASONS ? reason : '(other)'
      reasons.set(key, (reasons.get(key) ?? 0) + 1)
    },
    counts: () => Object.fromEntries([...reasons].toSorted(([, a], [, b]) => b - a)),
  }
}

/** Called for each dead letter that passes. */
interface OnPass {
  readonly letter: (letter: Readable) => Promise<void>
  readonly quarantined: (row: Row, record: EncodedRecord, trial: QuarantineTrial) => Promise<void>
}

/** Tries every dead letter by the plan and the tables of today. */
async function tryAll({ warehouse, plan, quarantine }: DeadLettersDeps, onPass: OnPass): Promise<DeadLetterTrial> {
  const check = createEventCheck(plan)
  let [total, passed] = [0, 0]
  const reasons = createReasons()
  /** What a replay leaves of a record has another hash, and may be met again. */
  const released = new Set<string>()

  async function tryQuarantined(row: Row, record: EncodedRecord): Promise<void> {
    const place = `${row.partition}:${row.offset}`
    if (released.has(place)) return
    const trial = quarantine.trial(record)
    total += trial.total
    passed += trial.passed.length
    for (const reason of trial.refused) reasons.add(reason)
    if (trial.passed.length === 0) return
    released.add(place)
    await onPass.quarantined(row, record, trial)
  }

  async function tryOne(row: Row): Promise<void> {
    const record = recordOf(row)
    if (record.headers.quarantine !== undefined) return tryQuarantined(row, record)
    total++
    const letter = read(row, record, check)
    const reason = typeof letter === 'string' ? letter : await refusal(letter)
    if (reason !== null) reasons.add(reason)
    else if (typeof letter !== 'string') {
      passed++
      await onPass.letter(letter)
    }
  }

  /** Null where the table would take it. */
  async function refusal(letter: Readable): Promise<string | null> {
    try {
      await warehouse.tryBlock('events', blockOf(letter, [], plan))
      return null
    } catch (error) {
      if (error instanceof RowsRefused) return error.message
      throw error
    }
  }

  for await (const rows of pages(warehouse)) for (const row of rows) await tryOne(row)
  return { total, passed, refused: reasons.counts() }
}

const blockOf = ({ events, head }: Readable, skip: readonly number[], plan: TrackingPlan): Buffer =>
  concatenate([{ events, ids: head.ids, skip }], plan.columns).value

/** Stores a dead letter that passes, once however often it is called. */
async function store(letter: Readable, { warehouse, plan }: DeadLettersDeps): Promise<void> {
  const { row, head } = letter
  const token = `dead-letter:${row.hash}`
  const skip = await repeatsOf(letter, warehouse)
  if (skip.length < head.count) await warehouse.insertBlock('events', blockOf(letter, skip, plan), token)
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

/** Appends what passes of quarantined events, and leaves a dead letter with the rest. A call that was cut off is repeated safely. */
async function release(row: Row, record: EncodedRecord, { passed }: QuarantineTrial, deps: DeadLettersDeps): Promise<void> {
  const { warehouse, quarantine } = deps
  const stored = await storedAmong(identitiesOf(record), warehouse)
  await quarantine.release(record, passed, identity => stored.has(identity))
  const rest = withoutReleased(record, passed)
  if (rest === null) return
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  const line = {
    at: Number(row.ms),
    partition: Number(row.partition),
    offset: Number(row.offset),
    reason: quarantineReason(rest),
    events: Math.max(0, Number(row.events) - passed.length),
    headers: Object.fromEntries(Object.entries(rest.headers).map(([name, bytes]) => [name, base64(bytes)])),
    bytes: base64(rest.value),
  }
  await warehouse.insert('dead_letters', [Buffer.from(`${JSON.stringify(line)}\n`)], `quarantine:${row.hash}:${hashText(passed.join())}`)
}

export function createDeadLetters(deps: DeadLettersDeps): DeadLetters {
  const { warehouse, counters } = deps
  return {
    try: () => tryAll(deps, { letter: async () => {}, quarantined: async () => {} }),
    async replay() {
      const done: string[] = []
      const partitions = new Set<number>()
      const outcome = await tryAll(deps, {
        async letter(letter) {
          await store(letter, deps)
          done.push(letter.row.hash)
          partitions.add(Number(letter.row.partition))
        },
        async quarantined(row, record, trial) {
          await release(row, record, trial, deps)
          done.push(row.hash)
        },
      })
      // A crash before this stores nothing twice: each is stored under a token of its own.
      if (done.length > 0) await warehouse.deleteRows('dead_letters', isOneOfLetters(done))
      if (partitions.size > 0) await counters.reset([...partitions])
      return outcome
    },
  }
}
