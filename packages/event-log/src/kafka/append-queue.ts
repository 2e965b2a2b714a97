import { type LogRecord, LogUnavailable } from '../port.ts'

/** An append resolves once all of its records are stored. */
interface Append {
  left: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface Item {
  readonly record: LogRecord
  readonly bytes: number
  /** Time of the append, epoch ms. */
  readonly at: number
  readonly append: Append
}

/** Records of one partition that are sent in one request. A failed batch is sent again unchanged, so that the broker can recognise it. */
export interface Batch {
  readonly partition: number
  readonly items: readonly Item[]
  /** Time at which the batch is given up, by `performance.now()`. */
  readonly deadline: number
}

export interface AppendQueueConfig {
  readonly partitions: number
  /** How long sending a batch is retried, ms. */
  readonly timeoutMs: number
  /** Bytes that may wait before further appends are refused. */
  readonly maxQueuedBytes: number
  readonly now: () => number
}

interface Lane {
  readonly waiting: Item[]
  batch: Batch | undefined
}

/** A partition's share of one request must fit into the topic's `max.message.bytes`, 1 MiB by default. */
const MAX_BATCH_BYTES = 900 * 1024

/** The records that are not stored yet: for each partition, the batch that is being sent and the records that wait for it. */
export function createAppendQueue({ partitions, timeoutMs, maxQueuedBytes, now }: AppendQueueConfig) {
  const lanes: Lane[] = []
  let queuedBytes = 0

  function grow(to: number): void {
    while (lanes.length < to) lanes.push({ waiting: [], batch: undefined })
  }
  grow(partitions)

  function nextBatch({ waiting }: Lane, partition: number): Batch | undefined {
    if (waiting.length === 0) return undefined
    let bytes = 0
    let count = 0
    for (const item of waiting) {
      bytes += item.bytes
      if (count > 0 && bytes > MAX_BATCH_BYTES) break
      count += 1
    }
    return { partition, items: waiting.splice(0, count), deadline: performance.now() + timeoutMs }
  }

  function remove({ partition, items }: Batch, settle: (append: Append) => void): void {
    const lane = lanes[partition]
    if (lane) lane.batch = undefined
    for (const item of items) {
      queuedBytes -= item.bytes
      settle(item.append)
    }
  }

  return {
    grow,

    /** Resolves once every record is in a batch that was {@link resolve | resolved}. */
    push(records: readonly LogRecord[]): Promise<void> {
      const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
      if (queuedBytes > 0 && queuedBytes + bytes > maxQueuedBytes) throw new LogUnavailable('too much is waiting to be sent')
      for (const { partition } of records) if (!lanes[partition]) throw new RangeError(`there is no partition ${partition}`)
      queuedBytes += bytes
      const at = now()
      return new Promise<void>((resolve, reject) => {
        const append = { left: records.length, resolve, reject }
        for (const record of records) lanes[record.partition]?.waiting.push({ record, bytes: sizeOf(record), at, append })
      })
    },

    /** The batches to send: for each partition, the one that is not yet stored, otherwise the next one. */
    batches(): readonly Batch[] {
      lanes.forEach((lane, partition) => {
        lane.batch ??= nextBatch(lane, partition)
      })
      return lanes.flatMap(({ batch }) => batch ?? [])
    },

    resolve: (batch: Batch) =>
      remove(batch, append => {
        append.left -= 1
        if (append.left === 0) append.resolve()
      }),

    reject: (batch: Batch, error: Error) => remove(batch, append => append.reject(error)),
  }
}

function sizeOf(record: LogRecord): number {
  let size = record.value.byteLength + 64
  for (const [name, value] of Object.entries(record.headers)) size += name.length + value.byteLength + 8
  return size
}
