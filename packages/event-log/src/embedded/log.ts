import { join } from 'node:path'
import { createDiskReserve } from '@northstar/runtime/disk'
import { startConsumer } from '../consumer.ts'
import { createConsumerSet } from '../consumer-set.ts'
import { type Logger, silent } from '../logger.ts'
import { createMonitor } from '../monitor.ts'
import { type EventLog, type LogRecord, LogUnavailable } from '../port.ts'
import { createAppendQueue } from './append-queue.ts'
import { createGroups } from './groups.ts'
import { createLogRetention } from './log-retention.ts'
import { createPartition, type Partition } from './partition.ts'
import { createGate, createRewriter } from './rewriter.ts'
import { openStore, type Store } from './store.ts'

export interface EmbeddedLogConfig {
  /** Contains the log's folder, which is named like the topic. Only one process may open it at a time. */
  readonly folder: string
  readonly topic: string
  /** Number of partitions of a new log. Default 1. */
  readonly partitions?: number
  /** Adds partitions to an existing log that has fewer than this. */
  readonly growTo?: number
  /** How long a record is kept, in ms. Default 7 days. */
  readonly retentionMs?: number
  /** Maximum size of the whole log in bytes. The oldest records are deleted first, but none that a group still needs. Default 1 GiB. */
  readonly retentionBytes?: number
  /** Groups whose unprocessed records are kept even before their first commit. Groups that have committed are added to them. */
  readonly groups?: readonly string[]
  /** How long handlers may take to return after their claims were aborted, in ms. Default 20,000. */
  readonly drainTimeoutMs?: number
  /** Bytes that may wait to be written before further appends are refused. Default 64 MiB. */
  readonly maxQueuedBytes?: number
  /** Bytes of the newest records that are kept in memory, for readers near the end. Default 8 MiB. */
  readonly tailBytes?: number
}

export interface EmbeddedLogDeps {
  readonly logger?: Logger
  readonly now?: () => number
}

const DAY_MS = 86_400_000
const MIB = 1024 ** 2
const TRIM_EVERY_MS = 60_000
const LOG_FULL = 'it has reached its maximum size, and a group has yet to process the oldest records'

/** Opens or creates the log. The caller must not change the bytes of a record after appending it. */
export async function openEmbeddedLog(config: EmbeddedLogConfig, deps: EmbeddedLogDeps = {}): Promise<EventLog> {
  const { folder, topic, retentionMs = 7 * DAY_MS, retentionBytes = 1024 ** 3, tailBytes = 8 * MIB, maxQueuedBytes = 64 * MIB } = config
  const { logger = silent, now = Date.now } = deps
  const store = openStore(join(folder, topic), config.partitions ?? 1, config.growTo)
  const partitions = openPartitions(store, tailBytes)
  const known = new Set([...(config.groups ?? []), ...store.groups()])
  const retention = createLogRetention(
    { maxAgeMs: retentionMs, maxBytes: retentionBytes / store.partitions },
    { partitions, groups: known, committed: store.committed, now },
  )
  const reserve = createDiskReserve(folder, 'intake')
  const gate = createGate()
  const rewriter = createRewriter(store, partitions, gate)
  const trim = async () => {
    if (!rewriter.isRunning()) await retention.trim()
  }
  const write = (records: readonly LogRecord[]) => gate.pass(() => writeRecords(partitions, records, now(), trim))
  const queue = createAppendQueue({ topic, maxQueuedBytes }, { write, logger })
  const groups = createGroups(store, gate, createDiskReserve(folder, 'stores'))
  const consumers = createConsumerSet()
  let closed = false

  const onTrimFailed = (error: unknown) => logger.warn({ err: error, topic }, 'old records could not be deleted')
  const trimming = setInterval(() => trim().catch(onTrimFailed), TRIM_EVERY_MS).unref()
  await trim()

  return {
    partitions: store.partitions,
    incarnation: async () => store.incarnation,

    async append(records) {
      if (closed) throw new LogUnavailable('it is closed')
      if (records.length === 0) return
      const touched = new Set(records.map(({ partition }) => partition))
      for (const partition of touched) partitionOf(partitions, partition)
      const shortage = reserve.shortage()
      if (shortage) throw new LogUnavailable(shortage, { code: 'disk_full' })
      if ([...touched].some(retention.isFull)) throw new LogUnavailable(LOG_FULL, { code: 'log_full' })
      await queue.append(records)
    },

    async consume(options) {
      if (closed) throw new LogUnavailable('it is closed')
      known.add(options.group)
      const consumer = startConsumer(options, {
        member: groups.of(options.group).member(),
        commits: async () => groups.committed(options.group),
        earliest: async own => new Map(own.map(partition => [partition, partitionOf(partitions, partition).bounds().earliest])),
        openSource: (partition, offset) => partitionOf(partitions, partition).source(offset),
        isFatal: () => false,
        close: () => {},
        monitor: createMonitor(30_000),
        logger,
        drainTimeoutMs: config.drainTimeoutMs ?? 20_000,
      })
      return consumers.add(consumer)
    },

    async *scan(partition, from) {
      yield* scanPartition(partitionOf(partitions, partition), from)
    },
    bounds: async () => partitions.map(partition => partition.bounds()),
    commits: async group => groups.committed(group),
    async health() {
      const reason = reserve.shortage() ?? (retention.isAnyFull() ? LOG_FULL : queue.problem())
      return reason === undefined ? { healthy: true, reason: 'writable' } : { healthy: false, reason }
    },

    rewrite: rewriter.rewrite,
    copyTo: target => store.copyTo(join(target, topic)),

    async close() {
      closed = true
      clearInterval(trimming)
      await consumers.stopAll()
      await queue.drained()
      await store.close()
    },
  }
}

function openPartitions(store: Store, tailBytes: number): readonly Partition[] {
  const each = tailBytes / store.partitions
  return Array.from({ length: store.partitions }, (_, partition) => createPartition(store, partition, each))
}

function partitionOf(partitions: readonly Partition[], partition: number): Partition {
  const found = partitions[partition]
  if (!found) throw new RangeError(`there is no partition ${partition}`)
  return found
}

/** Writes records and makes them visible to readers. The deletions of `trim` are part of the same flush to disk. */
async function writeRecords(partitions: readonly Partition[], records: readonly LogRecord[], at: number, trim: () => Promise<void>) {
  const byPartition = new Map<number, LogRecord[]>()
  for (const record of records) {
    const own = byPartition.get(record.partition)
    if (own) own.push(record)
    else byPartition.set(record.partition, [record])
  }
  const written = [...byPartition].map(([partition, own]) => partitionOf(partitions, partition).write(own, at))
  const trimmed = trim()
  await Promise.all([...written.map(({ durable }) => durable), trimmed])
  for (const { publish } of written) publish()
}

async function* scanPartition(partition: Partition, from: { readonly offset: number } | { readonly time: number }) {
  const { earliest, next } = partition.bounds()
  const source = partition.source('time' in from ? partition.offsetAt(from.time) : Math.max(from.offset, earliest))
  while (source.position() < next) yield* source.take(MIB, next, true).records
}
