import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLog } from '@northstar/event-log'
import { encodeSeed, idsOfRecord } from '@northstar/events'
import type { StateStore } from '@northstar/state'
import { readPartitionsInUse, writePartitionsInUse } from './partitions-in-use.ts'

export type GrowthCode = 'interrupted' | 'not_a_multiple' | 'cannot_shrink' | 'still_publishing' | 'took_too_long'

/** The number of partitions was not changed. */
export class GrowthRefused extends Error {
  readonly code: GrowthCode
  readonly retryable: boolean
  constructor(code: GrowthCode, message: string) {
    super(message)
    this.code = code
    this.retryable = code === 'still_publishing' || code === 'took_too_long'
    this.name = 'GrowthRefused'
  }
}

/** Ingest processes read the document once a second. */
const HOLD_MS = 120_000
const NOTICED_MS = 3_000
/** The number is changed only if this much of the hold is left, since clocks differ. */
const LEFT_MS = 60_000
const QUIET_MS = 1_000
const IDS_A_RECORD = 2 ** 15

export interface GrowthDeps {
  /** A log that already has `count` partitions. */
  readonly log: EventLog
  readonly state: StateStore
  /** The groups whose duplicate windows must be covered. */
  readonly groups: readonly string[]
  /** How many preceding events of a partition are searched for a repeated id. */
  readonly duplicateWindow: number
  readonly now: () => number
  /** How long ingest processes take to notice the hold, ms; 0 if none runs. */
  readonly noticedMs?: number
  /** Aborts the growth: ingest is released, and the number stays. */
  readonly signal?: AbortSignal
}

/**
 * Makes ingest use `count` partitions, a multiple of the previous number, so that each new partition takes over users of one old partition.
 * Ingest is held meanwhile (it answers 503), and each new partition begins with the newest identities of the old one, so that both groups find
 * repeats across the change. Returns the previous number.
 * @throws {@link GrowthRefused}
 */
export async function growPartitions(count: number, deps: GrowthDeps): Promise<number> {
  const { log, state, now } = deps
  const { count: before } = await readPartitionsInUse(log, state)
  if (count <= before) throw new GrowthRefused('cannot_shrink', `${before} partitions are in use: their number can only grow`)
  if (count % before !== 0) {
    throw new GrowthRefused('not_a_multiple', `${before} partitions are in use: the new number must be a multiple, such as ${before * 2}`)
  }
  const heldUntil = now() + HOLD_MS
  await writePartitionsInUse({ count: before, heldUntil }, log, state)
  let inUse = before
  try {
    await pause(deps.noticedMs ?? NOTICED_MS, deps)
    const ends = await quietEnds(before, deps)
    for (let partition = 0; partition < before; partition++) {
      const seeds = seedRecords(await newestIds(partition, deps))
      for (let grown = partition + before; grown < count; grown += before) {
        for (const seed of seeds) {
          throwIfInterrupted(deps)
          await log.append([{ partition: grown, ...seed }])
        }
      }
    }
    if ((await endsOf(log, before)) !== ends) throw stillPublishing()
    if (now() > heldUntil - LEFT_MS) throw new GrowthRefused('took_too_long', 'reading the newest events took too long')
    inUse = count
  } finally {
    await writePartitionsInUse({ count: inUse, heldUntil: 0 }, log, state)
  }
  return before
}

const stillPublishing = () =>
  new GrowthRefused(
    'still_publishing',
    'something still publishes to the event log: stop every ingest process that cannot reach the state store',
  )

/** @throws {@link GrowthRefused} if the signal aborts it */
async function pause(ms: number, deps: GrowthDeps): Promise<void> {
  await sleep(ms, undefined, { signal: deps.signal }).catch(() => throwIfInterrupted(deps))
}

function throwIfInterrupted({ signal }: GrowthDeps): void {
  if (signal?.aborted) throw new GrowthRefused('interrupted', 'interrupted: the number of partitions was not changed')
}

/** The ends of the partitions, once nothing is appended any more. */
async function quietEnds(partitions: number, deps: GrowthDeps): Promise<string> {
  const { log } = deps
  for (let tries = 0; tries < 10; tries++) {
    const ends = await endsOf(log, partitions)
    await pause(QUIET_MS, deps)
    if ((await endsOf(log, partitions)) === ends) return ends
  }
  throw stillPublishing()
}

async function endsOf(log: EventLog, partitions: number): Promise<string> {
  const bounds = await log.bounds()
  return bounds
    .filter(({ partition }) => partition < partitions)
    .map(({ next }) => next)
    .join(' ')
}

/** The identities of a partition's newest events, oldest first. */
async function newestIds(partition: number, deps: GrowthDeps): Promise<Uint8Array> {
  const { log, groups, duplicateWindow } = deps
  const commits = await Promise.all(groups.map(async group => (await log.commits(group)).get(partition)))
  const from = Math.min(...commits.map(commit => commit?.keepFrom ?? commit?.offset ?? 0))
  const chunks: Uint8Array[] = []
  for await (const record of log.scan(partition, { offset: from })) {
    throwIfInterrupted(deps)
    chunks.push(idsOfRecord(record))
  }
  return Buffer.concat(chunks).subarray(-8 * duplicateWindow)
}

function seedRecords(ids: Uint8Array): readonly ReturnType<typeof encodeSeed>[] {
  const records = []
  for (let at = 0; at < ids.length; at += 8 * IDS_A_RECORD) records.push(encodeSeed(ids.subarray(at, at + 8 * IDS_A_RECORD)))
  return records
}
