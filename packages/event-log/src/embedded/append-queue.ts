import { messageOf } from '@northstar/runtime/async'
import type { Logger } from '../logger.ts'
import { type LogRecord, LogUnavailable } from '../port.ts'

export interface AppendQueueConfig {
  readonly topic: string
  /** Bytes that may wait before further appends are refused. */
  readonly maxQueuedBytes: number
}

export interface AppendQueueDeps {
  /** Writes records in their order; resolves once they are on disk. Calls never overlap. */
  readonly write: (records: readonly LogRecord[]) => Promise<void>
  readonly logger: Logger
}

interface Append {
  readonly records: readonly LogRecord[]
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** Maximum number of bytes that one flush writes to disk. */
const FLUSH_BYTES = 8 * 1024 * 1024

/** Appends that arrive during a flush share the next one. */
export function createAppendQueue({ topic, maxQueuedBytes }: AppendQueueConfig, { write, logger }: AppendQueueDeps) {
  const waiting: Append[] = []
  let queuedBytes = 0
  let flushing: Promise<void> | undefined
  let problem: string | undefined

  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = takeBatch()
      try {
        await write(batch.flatMap(({ records }) => records))
        problem = undefined
        for (const append of batch) append.resolve()
      } catch (error) {
        problem = messageOf(error)
        logger.warn({ err: error, topic }, 'the event log could not be written')
        for (const append of batch) append.reject(new LogUnavailable(problem, { cause: error }))
      } finally {
        for (const append of batch) queuedBytes -= append.bytes
      }
    }
    flushing = undefined
  }

  function takeBatch(): readonly Append[] {
    let bytes = 0
    let count = 0
    for (const append of waiting) {
      bytes += append.bytes
      if (count > 0 && bytes > FLUSH_BYTES) break
      count += 1
    }
    return waiting.splice(0, count)
  }

  return {
    async append(records: readonly LogRecord[]): Promise<void> {
      const bytes = records.reduce((sum, record) => sum + record.value.byteLength, 0)
      if (queuedBytes > 0 && queuedBytes + bytes > maxQueuedBytes) throw new LogUnavailable('too much is waiting to be written')
      queuedBytes += bytes
      await new Promise<void>((resolve, reject) => {
        waiting.push({ records, bytes, resolve, reject })
        flushing ??= flush()
      })
    },
    /** The reason why the last flush failed; undefined if it succeeded. */
    problem: () => problem,
    /** Resolves once all appends are settled. */
    drained: async () => flushing,
  }
}
