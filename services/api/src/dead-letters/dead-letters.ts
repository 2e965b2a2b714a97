import type { TrackingPlan } from '@northstar/catalogue'
import { RowsRefused, type Warehouse } from '@northstar/clickhouse'
import {
  concatenate,
  createEventCheck,
  decodeHead,
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
import { encodeDeadLetter } from '@northstar/pipeline'
import { hasHashOf, readDeadLetters, type StoredDeadLetter } from './dead-letter.ts'
import { identitiesOf, type Quarantine, type QuarantineTrial, withoutReleased } from './quarantine.ts'

export interface DeadLettersDeps {
  readonly warehouse: Pick<Warehouse, 'query' | 'insert' | 'insertBlock' | 'tryBlock' | 'deleteRows'>
  readonly counters: Pick<LiveCounters, 'reset'>
  readonly plan: TrackingPlan
  readonly quarantine: Quarantine
}

export interface DeadLetters {
  /** Counts how many dead letters the present plan and tables would accept, and why they would refuse the others. Changes nothing. */
  try(): Promise<DeadLetterTrial>
  /**
   * Stores the dead letters that pass. Repeated calls store nothing twice, since events keep their identities and times. The live counters of
   * their partitions are counted again, so that an old event is counted in the bucket of its own time and triggers no alert. Quarantined
   * events are appended to the log.
   */
  replay(): Promise<DeadLetterTrial>
}

interface Readable {
  readonly deadLetter: StoredDeadLetter
  readonly head: RecordHead
  readonly events: EventBlock
}

/** Number of dead letters in memory at a time: each may contain a record of 256 KiB. */
const PAGE = 50

type Queries = Pick<Warehouse, 'query'>

async function* pages(warehouse: Queries): AsyncGenerator<readonly StoredDeadLetter[]> {
  for (let after = ''; ; ) {
    const page = await readDeadLetters(warehouse, 'hash > {after:String} ORDER BY hash LIMIT {page:UInt32}', {
      params: { after, page: PAGE },
    })
    if (page.length === 0) return
    yield page
    after = page.at(-1)?.hash ?? after
  }
}

/** The identities among the given ones that are stored. */
async function storedAmong(identities: readonly string[], warehouse: Queries): Promise<Set<string>> {
  const keys = identities.map(text => BigInt(`0x${text || '0'}`).toString())
  const sql = 'SELECT id FROM events WHERE id_key IN (SELECT toUInt64(arrayJoin({keys:Array(String)})))'
  const stored = await warehouse.query<{ id: string }>(sql, { params: { keys } })
  return new Set(stored.map(({ id }) => id))
}

/** Rows of the record that are already stored, or repeat an earlier row. */
async function repeatsOf({ head: { ids, count } }: Readable, warehouse: Queries): Promise<number[]> {
  const identities = Array.from({ length: count }, (_, i) => keyText({ high: ids[2 * i + 1] as number, low: ids[2 * i] as number }))
  const seen = await storedAmong(identities, warehouse)
  return identities.flatMap((identity, i) => {
    if (seen.has(identity)) return [i]
    seen.add(identity)
    return []
  })
}

/** The events of a dead letter, or why it still cannot be read. */
function read(deadLetter: StoredDeadLetter, check: EventCheck): Readable | string {
  const head = decodeHead(deadLetter.record.headers)
  if (head.outcome === 'damaged') return head.reason
  const events = readEvents(head.value, deadLetter.record.value, check)
  return typeof events === 'string' ? events : { deadLetter, head: head.value, events }
}

/** Maximum number of reasons that are counted separately, since senders choose the names in them. */
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
  readonly readable: (readable: Readable) => Promise<void>
  readonly quarantined: (deadLetter: StoredDeadLetter, trial: QuarantineTrial) => Promise<void>
}

/** Checks every dead letter against the present plan and tables. */
async function tryAll({ warehouse, plan, quarantine }: DeadLettersDeps, onPass: OnPass): Promise<DeadLetterTrial> {
  const check = createEventCheck(plan)
  let [total, passed] = [0, 0]
  const reasons = createReasons()
  /** Records that were released in part: the rest has another hash, so a later page may have it. */
  const released = new Set<string>()

  async function tryQuarantined(deadLetter: StoredDeadLetter): Promise<void> {
    const { record } = deadLetter
    const position = `${record.partition}:${record.offset}`
    if (released.has(position)) return
    const trial = quarantine.trial(record)
    total += trial.total
    passed += trial.passed.length
    for (const reason of trial.refused) reasons.add(reason)
    if (trial.passed.length === 0) return
    released.add(position)
    await onPass.quarantined(deadLetter, trial)
  }

  async function tryOne(deadLetter: StoredDeadLetter): Promise<void> {
    if (deadLetter.record.headers.quarantine !== undefined) return tryQuarantined(deadLetter)
    total++
    const readable = read(deadLetter, check)
    if (typeof readable === 'string') return reasons.add(readable)
    const refusal = await refusalOf(readable)
    if (refusal !== null) return reasons.add(refusal)
    passed++
    await onPass.readable(readable)
  }

  /** The reason why the table refuses the events; null if it accepts them. */
  async function refusalOf(readable: Readable): Promise<string | null> {
    try {
      await warehouse.tryBlock('events', blockOf(readable, [], plan))
      return null
    } catch (error) {
      if (error instanceof RowsRefused) return error.message
      throw error
    }
  }

  for await (const page of pages(warehouse)) for (const deadLetter of page) await tryOne(deadLetter)
  return { total, passed, refused: reasons.counts() }
}

const blockOf = ({ events, head }: Readable, skip: readonly number[], plan: TrackingPlan): Buffer =>
  concatenate([{ events, ids: head.ids, skip }], plan.columns).value

/** Stores the events and corrects the ledger; a repeated call changes nothing. */
async function store(readable: Readable, { warehouse, plan }: DeadLettersDeps): Promise<void> {
  const { head, deadLetter } = readable
  const { hash, events, record } = deadLetter
  const token = `dead-letter:${hash}`
  const skip = await repeatsOf(readable, warehouse)
  if (skip.length < head.count) await warehouse.insertBlock('events', blockOf(readable, skip, plan), token)
  const stored = head.count - skip.length
  const line = {
    partition: record.partition,
    minute: record.appendedAt,
    accepted: 0,
    stored,
    duplicates: events - stored,
    dead_lettered: -events,
    rejected: 0,
  }
  await warehouse.insert('ledger', [Buffer.from(`${JSON.stringify(line)}\n`)], token)
}

/** Appends the quarantined events that pass and stores the rest as a new dead letter. A call that was cut off can be repeated. */
async function release({ hash, events, record }: StoredDeadLetter, { passed }: QuarantineTrial, deps: DeadLettersDeps): Promise<void> {
  const { warehouse, quarantine } = deps
  const stored = await storedAmong(identitiesOf(record), warehouse)
  await quarantine.release(record, passed, identity => stored.has(identity))
  const rest = withoutReleased(record, passed)
  if (rest === null) return
  const line = encodeDeadLetter({
    reason: quarantineReason(rest),
    events: Math.max(0, events - passed.length),
    record: { ...record, ...rest },
  })
  await warehouse.insert('dead_letters', [line], `quarantine:${hash}:${hashText(passed.join())}`)
}

export function createDeadLetters(deps: DeadLettersDeps): DeadLetters {
  const { warehouse, counters } = deps
  return {
    try: () => tryAll(deps, { readable: async () => {}, quarantined: async () => {} }),
    async replay() {
      const done: string[] = []
      const partitions = new Set<number>()
      const outcome = await tryAll(deps, {
        async readable(readable) {
          await store(readable, deps)
          done.push(readable.deadLetter.hash)
          partitions.add(readable.deadLetter.record.partition)
        },
        async quarantined(deadLetter, trial) {
          await release(deadLetter, trial, deps)
          done.push(deadLetter.hash)
        },
      })
      // After a crash before the deletion nothing is stored twice, since each insert has its own token.
      if (done.length > 0) await warehouse.deleteRows('dead_letters', hasHashOf(done))
      if (partitions.size > 0) await counters.reset([...partitions])
      return outcome
    },
  }
}
