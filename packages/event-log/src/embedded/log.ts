import { join } from 'node:path'
import { createDiskReserve } from '@northstar/runtime/disk'
import { startConsumer } from '../consumer.ts'
import { type Logger, silent } from '../logger.ts'
import { createMonitor } from '../monitor.ts'
import { type Commit, type EventLog, type LogRecord, LogUnavailable } from '../port.ts'
import { createGroup, type Group } from './group.ts'
import { createPartition, type Partition } from './partition.ts'
import { createGate, createRewriter } from './rewriter.ts'
import { openStore } from './store.ts'

export interface EmbeddedLogConfig {
  /** The log lies in a folder of the topic's name in this one. One process at a time. */
  readonly folder: string
  readonly topic: string
  /** Used when the log is made. Default 1. */
  readonly partitions?: number
  /** Gives a log that has fewer partitions so many. */
  readonly growTo?: number
  /** How long a record is kept, in ms. Default 7 days. */
  readonly retentionMs?: number
  /** Bytes kept by the whole log; the oldest records go first, but none that a group reads again. Default 1 GiB. */
  readonly retentionBytes?: number
  /** Groups whose records are kept from the first one on, although they may not have committed yet. Every group that ever committed is one. */
  readonly groups?: readonly string[]
  /** How long handlers may take to return after their claims were aborted, in ms. Default 20,000. */
  readonly drainTimeoutMs?: number
  /** Bytes that may wait to be written before appends are refused at once. Default 64 MiB. */
  readonly maxQueuedBytes?: number
  /** Bytes of the newest records kept in memory for those who read at the end. Default 8 MiB. */
  readonly tailBytes?: number
}

export interface EmbeddedLogDeps {
  readonly logger?: Logger
  readonly now?: () => number
}

interface Waiting {
  readonly records: readonly LogRecord[]
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

const DAY_MS = 86_400_000
/** What one flush to disk takes at most. */
const FLUSH_BYTES = 8 * 1024 * 1024
const TRIM_EVERY_MS = 60_000
const LOG_FULL = 'its bound is reached, and a group has yet to process the oldest records'

/** Opens the log, or makes it. The caller must not change the bytes of a record after appending it. */
export async function openEmbeddedLog(config: EmbeddedLogConfig, deps: EmbeddedLogDeps = {}): Promise<EventLog> {
  const { logger = silent, now = Date.now } = deps
  const maxQueuedBytes = config.maxQueuedBytes ?? 64 * 1024 * 1024
  const store = openStore(join(config.folder, config.topic), config.partitions ?? 1, config.growTo)
  const count = store.partitions
  const tailBytes = (config.tailBytes ?? 8 * 1024 * 1024) / count
  const partitions = Array.from({ length: count }, (_, partition) => createPartition(store, partition, tailBytes))
  const retention = {
    maxAgeMs: config.retentionMs ?? 7 * DAY_MS,
    maxBytes: (config.retentionBytes ?? 1024 ** 3) / count,
  }
  const reserve = createDiskReserve(config.folder, 'intake')
  const storesReserve = createDiskReserve(config.folder, 'stores')
  const known = new Set([...(config.groups ?? []), ...store.groups()])
  const groups = new Map<string, Group>()
  const consumers = new Set<() => Promise<void>>()
  const waiting: Waiting[] = []
  let queuedBytes = 0
  let flushing: Promise<void> | undefined
  let trouble: string | undefined
  let closed = false
  const gate = createGate()
  const rewriter = createRewriter(store, partitions, gate)

  function partitionOf(partition: number): Partition {
    const found = partitions[partition]
    if (!found) throw new RangeError(`there is no partition ${partition}`)
    return found
  }

  /** Writes what waits; appends that come meanwhile share the next flush. */
  async function flush(): Promise<void> {
    while (waiting.length > 0) {
      const batch = takeBatch()
      try {
        await gate.pass(() => write(batch))
        trouble = undefined
        for (const append of batch) append.resolve()
      } catch (error) {
        trouble = error instanceof Error ? error.message : String(error)
        logger.warn({ err: error, topic: config.topic }, 'the event log could not be written')
        for (const append of batch) append.reject(new LogUnavailable(trouble, { cause: error }))
      } finally {
        for (const append of batch) queuedBytes -= append.bytes
      }
    }
    flushing = undefined
  }

  function takeBatch(): Waiting[] {
    let bytes = 0
    let take = 0
    for (const append of waiting) {
      bytes += append.bytes
      if (take > 0 && bytes > FLUSH_BYTES) break
      take += 1
    }
    return waiting.splice(0, take)
  }

  async function write(batch: readonly Waiting[]): Promise<void> {
    const byPartition = new Map<number, LogRecord[]>()
    for (const { records } of batch) {
      for (const record of records) {
        const own = byPartition.get(record.partition)
        if (own) own.push(record)
        else byPartition.set(record.partition, [record])
      }
    }
    const at = now()
    const written = [...byPartition].map(([partition, records]) => partitionOf(partition).write(records, at))
    // Deletions ride along, so that they cost no flush of their own.
    const trimmed = trim()
    await Promise.all([...written.map(({ durable }) => durable), trimmed])
    for (const { publish } of written) publish()
  }

  async function trim(): Promise<void> {
    if (rewriter.isRunning()) return
    await Promise.all(partitions.map((partition, index) => partition.trim(retention, keptFrom(index), now())))
  }

  const oldest = (partition: number, of: (commit: Commit) => number) =>
    Math.min(...[...known].map(group => store.committed(group, partition)).map(commit => (commit ? of(commit) : 0)))
  /** The oldest record of a partition that a group has yet to process. */
  const neededFrom = (partition: number) => oldest(partition, ({ offset }) => offset)
  /** The oldest record of a partition that a group reads again after a restart. */
  const keptFrom = (partition: number) => oldest(partition, ({ offset, keepFrom = offset }) => Math.min(offset, keepFrom))

  function assertRoom(records: readonly LogRecord[]): void {
    const shortage = reserve.shortage()
    if (shortage) throw new LogUnavailable(shortage, { code: 'disk_full' })
    for (const partition of new Set(records.map(record => record.partition))) {
      if (!partitionOf(partition).isFull(retention, neededFrom(partition))) continue
      throw new LogUnavailable(LOG_FULL, { code: 'log_full' })
    }
  }

  async function commit(group: string, partition: number, what: Commit): Promise<void> {
    const shortage = storesReserve.shortage()
    if (shortage) throw new LogUnavailable(shortage, { code: 'disk_full' })
    try {
      await gate.pass(() => store.commit(group, partition, { ...what }))
    } catch (error) {
      throw new LogUnavailable('the commit could not be written', { cause: error })
    }
  }

  function committed(group: string): Map<number, Commit> {
    const commits = new Map<number, Commit>()
    for (let partition = 0; partition < count; partition += 1) {
      const found = store.committed(group, partition)
      if (found) commits.set(partition, found)
    }
    return commits
  }

  const trimming = setInterval(() => {
    trim().catch((error: unknown) => logger.warn({ err: error, topic: config.topic }, 'old records could not be deleted'))
  }, TRIM_EVERY_MS)
  trimming.unref()
  await trim()

  return {
    partitions: count,
    incarnation: async () => store.incarnation,

    async append(records) {
      if (closed) throw new LogUnavailable('it is closed')
      if (records.length === 0) return
      for (const record of records) partitionOf(record.partition)
      assertRoom(records)
      const bytes = records.reduce((sum, record) => sum + record.value.byteLength, 0)
      if (queuedBytes > 0 && queuedBytes + bytes > maxQueuedBytes) throw new LogUnavailable('too much waits to be written')
      queuedBytes += bytes
      await new Promise<void>((resolve, reject) => {
        waiting.push({ records, bytes, resolve, reject })
        flushing ??= flush()
      })
    },

    async consume(options) {
      if (closed) throw new LogUnavailable('it is closed')
      known.add(options.group)
      let group = groups.get(options.group)
      if (!group) {
        group = createGroup(count, (partition, what) => commit(options.group, partition, what))
        groups.set(options.group, group)
      }
      const consumer = startConsumer(options, {
        member: group.member(),
        commits: async () => committed(options.group),
        earliest: async own => new Map(own.map(partition => [partition, partitionOf(partition).bounds().earliest])),
        openSource: (partition, offset) => partitionOf(partition).source(offset),
        isFatal: () => false,
        close: () => {},
        monitor: createMonitor(30_000),
        logger,
        drainTimeoutMs: config.drainTimeoutMs ?? 20_000,
      })
      const stop = async () => {
        consumers.delete(stop)
        await consumer.stop()
      }
      consumers.add(stop)
      return { ...consumer, stop }
    },

    async *scan(partition, from) {
      const { earliest, next } = partitionOf(partition).bounds()
      const offset = 'time' in from ? partitionOf(partition).offsetAt(from.time) : Math.max(from.offset, earliest)
      const source = partitionOf(partition).source(offset)
      while (source.position() < next) yield* source.take(1024 * 1024, next, true).records
    },

    bounds: async () => partitions.map(partition => partition.bounds()),
    commits: async group => committed(group),
    async health() {
      const full = partitions.some((partition, index) => partition.isFull(retention, neededFrom(index)))
      const reason = reserve.shortage() ?? (full ? LOG_FULL : trouble)
      return reason === undefined ? { healthy: true, reason: 'writable' } : { healthy: false, reason }
    },

    rewrite: rewriter.rewrite,
    copyTo: folder => store.copyTo(join(folder, config.topic)),

    async close() {
      closed = true
      clearInterval(trimming)
      await Promise.all([...consumers].map(stop => stop()))
      await flushing
      await store.close()
    },
  }
}
