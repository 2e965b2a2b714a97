import type { EventLog } from '@northstar/event-log'
import type { Logger } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'

/** The partitions into which ingest distributes events. The log may have further ones, which stay empty. */
export interface PartitionsInUse {
  readonly count: number
  /** Ingest must not publish before this time, epoch ms, while the number is being changed; else 0. */
  readonly heldUntil: number
}

interface PartitionsDocument extends PartitionsInUse {
  /** The log's incarnation. */
  readonly log: string
}

const DOCUMENT = 'log/partitions'
const READ_EVERY_MS = 1_000

/** Reads the document. The first process to read it creates it with all partitions of the log. */
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
        logger.warn(partitions, 'the event log has more partitions than are in use: run "northstar partitions grow" to use them')
      }
      timer = setInterval(() => {
        refresh().catch((error: unknown) => logger.debug({ err: error }, 'cannot read the number of partitions in use'))
      }, READ_EVERY_MS)
      timer.unref()
    },
    stop: () => clearInterval(timer),
    get partitions() {
      return inUse.count
    },
    // The client cannot write to a partition that it does not know yet.
    isHeld: () => inUse.heldUntil > now() || inUse.count > log.partitions,
  }
}
