import type { EventLog, PartitionBounds } from '@northstar/event-log'
import { decodeHead } from '@northstar/events'
import { createRefresher, type Logger } from '@northstar/runtime'
import { type Document, StateConflict, type StateStore } from '@northstar/state'

/** The partitions into which ingest distributes events. The log may have further ones, which stay empty. */
export interface PartitionsInUse {
  readonly count: number
  /** Ingest must not publish before this time, epoch ms, while the number is being changed; else 0. */
  readonly heldUntil: number
}

type ReadLog = Pick<EventLog, 'incarnation' | 'partitions' | 'bounds' | 'scan'>

interface PartitionsDocument extends PartitionsInUse {
  /** The log's incarnation. */
  readonly log: string
}

const DOCUMENT = 'log/partitions'
const READ_EVERY_MS = 1_000

/**
 * Reads the document, which the first process creates with all partitions of a new log. The state store may have been lost or restored to an
 * earlier time: a partition with records is in use whatever it says, since with a smaller number users would move to another partition, where
 * their repeats are not found.
 */
export async function readPartitionsInUse(log: ReadLog, state: StateStore): Promise<PartitionsInUse> {
  const incarnation = await log.incarnation()
  const found = await state.get<PartitionsDocument>(DOCUMENT)
  const known = found?.value.log === incarnation ? found.value : undefined
  const used = await usedFrom(known?.count ?? 0, log)
  const count = known ? known.count * Math.ceil(Math.max(1, used / known.count)) : leastDivisor(log.partitions, used)
  if (known?.count === count) return known
  const document: PartitionsDocument = { log: incarnation, count, heldUntil: known?.heldUntil ?? 0 }
  if (!(await putUnchanged(state, found, document))) return readPartitionsInUse(log, state)
  return document
}

/** The number of partitions up to the last one with events, looked for at and above `from`; 0 if there is none. */
async function usedFrom(from: number, log: ReadLog): Promise<number> {
  if (log.partitions <= from) return 0
  const bounds = (await log.bounds()).filter(({ partition }) => partition >= from).toSorted((a, b) => b.partition - a.partition)
  for (const bound of bounds) if (await hasEvents(bound, log)) return bound.partition + 1
  return 0
}

/** Seeds do not count: a growth that was refused can have left them. */
async function hasEvents({ partition, next }: PartitionBounds, log: ReadLog): Promise<boolean> {
  if (next === 0) return false
  for await (const { headers } of log.scan(partition, { offset: next - 1 })) {
    const head = decodeHead(headers)
    return !(head.outcome === 'ok' && head.value.seed)
  }
  return true
}

/** The least number of partitions that the present one can have been grown from and that covers those with records; a new log has none. */
function leastDivisor(partitions: number, used: number): number {
  if (used === 0) return partitions
  let divisor = used
  while (divisor < partitions && partitions % divisor !== 0) divisor++
  return Math.min(divisor, partitions)
}

/** False if another process changed the document since it was read. */
async function putUnchanged(state: StateStore, found: Document<unknown> | null, document: PartitionsDocument): Promise<boolean> {
  try {
    await state.put(DOCUMENT, document, { ifVersion: found?.version ?? 0 })
    return true
  } catch (error) {
    if (error instanceof StateConflict) return false
    throw error
  }
}

export async function writePartitionsInUse(inUse: PartitionsInUse, log: Pick<EventLog, 'incarnation'>, state: StateStore): Promise<void> {
  await state.put(DOCUMENT, { ...inUse, log: await log.incarnation() } satisfies PartitionsDocument)
}

export interface Distribution {
  start(): Promise<void>
  stop(): void
  readonly partitions: number
  /** Whether publishing is suspended. */
  isHeld(): boolean
}

/** Follows the number of partitions in use. While the state store does not answer, the last known number is used. */
export function createDistribution({
  log,
  state,
  now,
  logger,
}: {
  readonly log: ReadLog
  readonly state: StateStore
  readonly now: () => number
  readonly logger: Logger
}): Distribution {
  let inUse: PartitionsInUse = { count: log.partitions, heldUntil: 0 }
  let incarnation: string | undefined

  async function read(): Promise<void> {
    if (incarnation === undefined) return
    const found = await state.get<PartitionsDocument>(DOCUMENT)
    if (found && found.value.log !== incarnation) return
    // The number only grows: a store without it, or with a smaller one, was lost or restored to an earlier time.
    if (found && found.value.count >= inUse.count) inUse = found.value
    else await putUnchanged(state, found, { log: incarnation, count: inUse.count, heldUntil: found?.value.heldUntil ?? 0 })
  }

  const refresher = createRefresher({ everyMs: READ_EVERY_MS, read, failure: 'cannot read the number of partitions in use', logger })

  return {
    async start() {
      inUse = await readPartitionsInUse(log, state)
      incarnation = await log.incarnation()
      if (inUse.count < log.partitions) {
        const partitions = { inUse: inUse.count, ofLog: log.partitions }
        logger.warn(partitions, 'the event log has more partitions than are in use: run "northstar partitions grow" to use them')
      }
      refresher.start()
    },
    stop: refresher.stop,
    get partitions() {
      return inUse.count
    },
    // The client cannot write to a partition that it does not know yet.
    isHeld: () => inUse.heldUntil > now() || inUse.count > log.partitions,
  }
}
