import { startConsumer } from '../consumer.ts'
import { createConsumerSet } from '../consumer-set.ts'
import { type Logger, silent } from '../logger.ts'
import type { ConsumerHealth, EventLog } from '../port.ts'
import { createAppender } from './appender.ts'
import { createAsk } from './ask.ts'
import { createConnection, type KafkaAccess } from './connection.ts'
import { openConsumerParts } from './consumer-parts.ts'
import { reasonOf } from './errors.ts'
import { createFetcher } from './fetcher.ts'
import { fetchCommitted } from './group-wire.ts'
import { endOffsets } from './offsets.ts'
import { scanPartition } from './scan.ts'
import { topicId } from './topic-id.ts'
import { type TopicWatch, watchTopic } from './topic-watch.ts'
import { createTrim, trimWhileClaimed } from './trim.ts'

export interface KafkaLogConfig extends KafkaAccess {
  readonly topic: string
  /** How long a consumer may be silent before it loses its partitions, ms. Default 10,000. */
  readonly sessionTimeoutMs?: number
  /** Default a tenth of the session timeout. Also how soon a consumer notices that another one joined. */
  readonly heartbeatMs?: number
  /** How long handlers may take to return after their claims were aborted, in ms. Default 20,000. */
  readonly drainTimeoutMs?: number
  /** How long an append is tried, in ms. Default 15,000. */
  readonly appendTimeoutMs?: number
  /** How long a commit is tried, in ms. Default 30,000. */
  readonly commitTimeoutMs?: number
  /** A consumer that fails for this long is unhealthy, ms. Default 20,000: a request without an answer is given up after 10 s more. */
  readonly unhealthyAfterMs?: number
  /** Bytes that a claim's reader fetches ahead. Default 1 MiB. */
  readonly aheadBytes?: number
  /** How soon new partitions and a recreated topic are noticed, ms. Default 15,000. */
  readonly watchEveryMs?: number
  /** How long a record is kept, ms, beyond what groups need. Unset: this process deletes nothing. */
  readonly retentionMs?: number
  /** The groups without whose commits nothing is deleted. The first one's consumers delete. */
  readonly groups?: readonly string[]
  /** Default 600,000. */
  readonly trimEveryMs?: number
  /** Bytes that may wait to be sent before further appends are refused. Default 64 MiB. */
  readonly maxQueuedBytes?: number
}

export interface KafkaLogDeps {
  readonly logger?: Logger
  readonly now?: () => number
}

const HEALTH_MS = 2_000
const SCAN_AHEAD_BYTES = 1024 * 1024
/** The incarnation where the brokers know no topic ids. Only times distinguish two logs then. */
const NO_INCARNATION = '0'

/** Connects to an existing topic (see `migrateKafkaLog`). Rejects with LogUnavailable when there is none, or no broker. */
export async function connectKafkaLog(config: KafkaLogConfig, deps: KafkaLogDeps = {}): Promise<EventLog> {
  const { topic, appendTimeoutMs = 15_000, maxQueuedBytes = 64 * 1024 * 1024, retentionMs, groups = [], trimEveryMs = 600_000 } = config
  const { logger = silent, now = Date.now } = deps
  const questions = createConnection(config, topic, logger)
  const appends = createConnection(config, topic, logger)
  const ask = createAsk(questions, topic)
  let watch: TopicWatch
  try {
    watch = await watchTopic({ topic, ask, everyMs: config.watchEveryMs ?? 15_000 }, logger)
  } catch (error) {
    questions.close()
    throw error
  }
  const all = () => watch.state().partitions
  const appender = createAppender(appends, { topic, partitions: all().length, timeoutMs: appendTimeoutMs, maxQueuedBytes, now }, logger)
  watch.onChange(({ partitions }) => appender.grow(partitions.length))
  const consumers = createConsumerSet()

  // A group belongs to its log; on the brokers, names of groups are shared by all topics.
  const groupId = (group: string) => `${topic}.${group}`
  const commitsOf = (group: string, partitions: readonly number[]) =>
    ask(async cluster => fetchCommitted(await cluster.findGroupCoordinator({ groupId: groupId(group) }), groupId(group), topic, partitions))
  const trim = retentionMs === undefined ? undefined : createTrim({ topic, retentionMs, groups, ask, commitsOf, now })
  const openSource = (partition: number, offset: number) =>
    createFetcher(createConnection(config, topic, logger), { topic, partition, offset, aheadBytes: SCAN_AHEAD_BYTES }, logger)

  return {
    get partitions() {
      return all().length
    },
    incarnation: () => ask(async cluster => (await topicId(cluster, topic)) || NO_INCARNATION),
    append: records => appender.append(records),

    async consume({ group, run }) {
      const trims = trim && group === groups[0]
      const handler = trims ? trimWhileClaimed(run, trim, { topic, everyMs: trimEveryMs }, logger) : run
      return consumers.add(startConsumer({ group, run: handler }, openConsumerParts(config, groupId(group), watch, logger)))
    },

    scan: (partition, from) => scanPartition({ topic, ask, openSource }, partition, from),
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
      await consumers.stopAll()
      await appender.close()
      appends.close()
      questions.close()
    },
  }
}
