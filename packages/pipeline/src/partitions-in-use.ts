import type { EventLog } from '@northstar/event-log'
import type { Logger } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'

/** Into how many partitions ingest distributes events. The log may have more, which nothing is written to. */
export interface PartitionsInUse {
  readonly count: number
  /** Until when ingest must not publish, epoch ms: the number is about to change. 0 where it is not. */
  readonly heldUntil: number
}

interface PartitionsDocument extends PartitionsInUse {
  /** The log's incarnation. */
  readonly log: string
}

const DOCUMENT = 'log/partitions'
const READ_EVERY_MS = 1_000

/** The first process to ask records all partitions that the log has. */
export async function readPartitionsInUse(log: Pick<EventLog, 'incarnation' | 'partitions'>, state: StateStore): Promise<PartitionsInUse> {
  const incarnation = await log.incarnation()
  const found = await state.get<PartitionsDocument>(DOCUMENT)
  if (found?.value.log === incarnation) return found.value
  const document: PartitionsDocument = { log: incarnation, count: log.partitions, heldUntil: 0 }
  try {
    await state.put(DOCUMENT, document, { ifVersion: found?.version ?? 0 })
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error
    return readPartitionsInUse(log, state)
  }
  return document
}

export async function writePartitionsInUse(inUse: PartitionsInUse, log: Pick<EventLog, 'incarnation'>, state: StateStore): Promise<void> {
  await state.put(DOCUMENT, { ...inUse, log: await log.incarnation() } satisfies PartitionsDocument)
}

export interface Distribution {
  start(): Promise<void>
  stop(): void
  readonly partitions: number
  /** Whether nothing may be published now. */
  isHeld(): boolean
}

/** Follows the number of partitions in use. Where the state store does not answer, what was known last stays. */
export function createDistribution({
  log,
  state,
  now,
  logger,
}: {
  readonly log: Pick<EventLog, 'incarnation' | 'partitions'>
  readonly state: StateStore
  readonly now: () => number
  readonly logger: Logger
}): Distribution {
  let inUse: PartitionsInUse = { count: log.partitions, heldUntil: 0 }
  let incarnation: string | undefined
  let timer: NodeJS.Timeout | undefined

  async function refresh(): Promise<void> {
    const found = await state.get<PartitionsDocument>(DOCUMENT)
    if (found?.value.log === incarnation && found) inUse = found.value
  }

  return {
    async start() {
      inUse = await readPartitionsInUse(log, state)
      incarnation = await log.incarnation()
      if (inUse.count < log.partitions) {
        const partitions = { inUse: inUse.count, ofLog: log.partitions }
        logger.warn(partitions, 'the event log has more partitions than are in use: northstar partitions grow takes them into use')
      }
      timer = setInterval(() => {
        refresh().catch((error: unknown) => logger.debug({ err: error }, 'the number of partitions in use is not known just now'))
      }, READ_EVERY_MS)
      timer.unref()
    },
    stop: () => clearInterval(timer),
    get partitions() {
      return inUse.count
    },
    // A partition that the client has not heard of yet cannot be written to.
    isHeld: () => inUse.heldUntil > now() || inUse.count > log.partitions,
  }
}
