import { createBackoff, createSignal } from '@northstar/runtime/async'
import type Cluster from 'kafkajs/src/cluster/index.js'
import { startConsumer } from '../consumer.ts'
import { type Logger, silent } from '../logger.ts'
import { createMonitor } from '../monitor.ts'
import { type ConsumeOptions, type ConsumerHealth, type EventLog, LogUnavailable } from '../port.ts'
import { createAppender } from './appender.ts'
import { createConnection, type KafkaAccess } from './connection.ts'
import { isFatal, protocolErrorType, reasonOf } from './errors.ts'
import { createFetcher } from './fetcher.ts'
import { createGroupWire, fetchCommitted } from './group-wire.ts'
import { createMember } from './membership.ts'
import { endOffsets, offsetsAt } from './offsets.ts'
import { topicId } from './topic-id.ts'
import { type TopicWatch, watchTopic } from './topic-watch.ts'
import { createTrim } from './trim.ts'

export interface KafkaLogConfig extends KafkaAccess {
  readonly topic: string
  /** How long a consumer may be silent before it loses its partitions, ms. Default 10,000. */
  readonly sessionTimeoutMs?: number
  /** Default a tenth of the session timeout: also how soon a consumer notices that another one joined. */
  readonly heartbeatMs?: number
  /** How long handlers may take to return after their claims were aborted, in ms. Default 20,000. */
  readonly drainTimeoutMs?: number
  /** How long an append is tried, in ms. Default 15,000. */
  readonly appendTimeoutMs?: number
  /** How long a commit is tried, in ms. Default 30,000. */
  readonly commitTimeoutMs?: number
  /** A consumer in trouble for so long is unhealthy, in ms. Default 20,000: a request that gets no answer is given up after 10 s more. */
  readonly unhealthyAfterMs?: number
  /** Bytes that a claim's reader fetches ahead. Default 1 MiB. */
  readonly aheadBytes?: number
  /** How soon new partitions, and a topic that was made again, are noticed, in ms. Default 15,000. */
  readonly watchEveryMs?: number
  /** How long a record is kept, ms, beyond what groups need. Unset: this process deletes nothing. */
  readonly retentionMs?: number
  /** The groups without whose commits nothing is deleted. The first one's consumers delete. */
  readonly groups?: readonly string[]
  /** Default 600,000. */
  readonly trimEveryMs?: number
  /** Bytes that may wait to be sent before appends are refused at once. Default 64 MiB. */
  readonly maxQueuedBytes?: number
}

export interface KafkaLogDeps {
  readonly logger?: Logger
  readonly now?: () => number
}

/** How long an answer that a person or a probe waits for is tried, in ms. */
const QUESTION_MS = 10_000
const HEALTH_MS = 2_000
/** Where the brokers know no topic ids. Times alone distinguish two logs then. */
const NO_INCARNATION = '0'

/** Connects to an existing topic (see `migrateKafkaLog`). Rejects with LogUnavailable when there is none, or no broker. */
export async function connectKafkaLog(config: KafkaLogConfig, deps: KafkaLogDeps = {}): Promise<EventLog> {
  const { topic } = config
  const { logger = silent, now = Date.now } = deps
  const sessionTimeoutMs = config.sessionTimeoutMs ?? 10_000
  const drainTimeoutMs = config.drainTimeoutMs ?? 20_000
  const questions = createConnection(config, topic, logger)
  const appends = createConnection(config, topic, logger)
  const consumers = new Set<() => Promise<void>>()
  // A group belongs to its log; on the brokers, names of groups are shared by all topics.
  const groupId = (group: string) => `${topic}.${group}`

  /** Asks the brokers, over lost connections. */
  async function ask<T>(question: (cluster: Cluster) => Promise<T>, timeoutMs = QUESTION_MS): Promise<T> {
    const deadline = performance.now() + timeoutMs
    const backoff = createBackoff()
    const pause = createSignal()
    for (;;) {
      try {
        return await question(await questions.cluster())
      } catch (error) {
        questions.drop()
        const unknown = protocolErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
        if (unknown) throw new LogUnavailable(`the topic ${topic} does not exist, or may not be seen`, { cause: error })
        if (isFatal(error) || performance.now() >= deadline) throw new LogUnavailable(reasonOf(error), { cause: error })
        await pause.wait(backoff.next())
      }
    }
  }

  let watch: TopicWatch
  try {
    watch = await watchTopic({ topic, ask, everyMs: config.watchEveryMs ?? 15_000 }, logger)
  } catch (error) {
    questions.close()
    throw error
  }
  const all = () => watch.state().partitions
  const appender = createAppender(
    appends,
    {
      topic,
      partitions: all().length,
      timeoutMs: config.appendTimeoutMs ?? 15_000,
      maxQueuedBytes: config.maxQueuedBytes ?? 64 * 1024 * 1024,
      now,
    },
    logger,
  )

  watch.onChange(({ partitions }) => appender.grow(partitions.length))

  const commitsOf = (group: string, partitions: readonly number[]) =>
    ask(async cluster => fetchCommitted(await cluster.findGroupCoordinator({ groupId: groupId(group) }), groupId(group), topic, partitions))

  const { retentionMs, groups = [], trimEveryMs = 600_000 } = config
  const trim = retentionMs === undefined ? undefined : createTrim({ topic, retentionMs, groups, ask, commitsOf, now })

  /** Deletes old records of a partition for as long as it is claimed. */
  function trimming(run: ConsumeOptions['run']): ConsumeOptions['run'] {
    return async claim => {
      const failed = (error: unknown) => logger.warn({ err: error, topic, partition: claim.partition }, 'old records could not be deleted')
      const timer = setInterval(() => trim?.(claim.partition).catch(failed), trimEveryMs)
      try {
        await run(claim)
      } finally {
        clearInterval(timer)
      }
    }
  }

  return {
    get partitions() {
      return all().length
    },
    incarnation: () => ask(async cluster => (await topicId(cluster, topic)) || NO_INCARNATION),
    append: records => appender.append(records),

    async consume(given) {
      const options = trim && given.group === groups[0] ? { ...given, run: trimming(given.run) } : given
      const connection = createConnection(config, topic, logger)
      const monitor = createMonitor(config.unhealthyAfterMs ?? 20_000)
      const wire = createGroupWire(connection, {
        topic,
        group: groupId(options.group),
        sessionTimeoutMs,
        rebalanceTimeoutMs: drainTimeoutMs + 5_000,
      })
      const heartbeatMs = config.heartbeatMs ?? sessionTimeoutMs / 10
      const consumer = startConsumer(options, {
        member: createMember(wire, { heartbeatMs, commitTimeoutMs: config.commitTimeoutMs ?? 30_000 }, monitor),
        commits: partitions => wire.committed(partitions),
        earliest: async partitions => {
          const bounds = await endOffsets(await connection.cluster(), topic, partitions)
          return new Map(bounds.map(({ partition, earliest }) => [partition, earliest]))
        },
        openSource: (partition, offset) => {
          const part = `partition ${partition}`
          const fetcher = createFetcher(
            // A connection of its own: the broker answers one request a connection at a time, and an idle fetch takes seconds.
            createConnection(config, topic, logger),
            {
              topic,
              partition,
              offset,
              aheadBytes: config.aheadBytes ?? 1024 * 1024,
              onAttempt: error => (error === undefined ? monitor.ok(part) : monitor.trouble(part, reasonOf(error))),
            },
            logger,
          )
          return {
            ...fetcher,
            end() {
              fetcher.end()
              monitor.ok(part)
            },
          }
        },
        isFatal,
        onRegroup: watch.onChange,
        close: () => connection.close(),
        monitor,
        logger,
        drainTimeoutMs,
      })
      const stop = async () => {
        consumers.delete(stop)
        await consumer.stop()
      }
      consumers.add(stop)
      return { ...consumer, stop }
    },

    async *scan(partition, from) {
      const bounds = await ask(cluster => endOffsets(cluster, topic, [partition]))
      const end = bounds[0]?.next ?? 0
      const earliest = bounds[0]?.earliest ?? 0
      const found =
        'time' in from
          ? await ask(async cluster => (await offsetsAt(cluster, topic, [partition], from.time)).get(partition) ?? -1)
          : from.offset
      const offset = found < 0 ? end : Math.max(found, earliest)
      if (offset >= end) return
      const fetcher = createFetcher(createConnection(config, topic, logger), { topic, partition, offset, aheadBytes: 1024 * 1024 }, logger)
      try {
        while (fetcher.position() < end) {
          yield* fetcher.take(1024 * 1024, end, true).records
          if (fetcher.position() < end) await fetcher.more()
        }
      } finally {
        fetcher.end()
      }
    },

    bounds: () => ask(cluster => endOffsets(cluster, topic, all())),
    commits: group => commitsOf(group, all()),

    async health(): Promise<ConsumerHealth> {
      try {
        await ask(cluster => cluster.refreshMetadata(), HEALTH_MS)
        return { healthy: true, reason: 'the brokers answer' }
      } catch (error) {
        return { healthy: false, reason: reasonOf(error) }
      }
    },

    async close() {
      watch.stop()
      await Promise.all([...consumers].map(stop => stop()))
      await appender.close()
      appends.close()
      questions.close()
    },
  }
}
