import { startConsumer } from '../consumer.ts'
import { createConsumerSet } from '../consumer-set.ts'
import { silent } from '../logger.ts'
import type { ConsumerHealth, EventLog } from '../port.ts'
import { createAppender } from './appender.ts'
import { createAsk } from './ask.ts'
import type { KafkaLogConfig, KafkaLogDeps } from './config.ts'
import { createConnection } from './connection.ts'
import { openConsumerParts } from './consumer-parts.ts'
import { reasonOf } from './errors.ts'
import { createFetcher } from './fetcher.ts'
import { fetchCommitted } from './group-wire.ts'
import { endOffsets } from './offsets.ts'
import { scanPartition } from './scan.ts'
import { topicId } from './topic-id.ts'
import { type TopicWatch, watchTopic } from './topic-watch.ts'
import { createTrim, trimWhileClaimed } from './trim.ts'

const HEALTH_MS = 2_000
const SCAN_AHEAD_BYTES = 1024 * 1024
/** The incarnation if the brokers have no topic ids. Two logs then differ only in the times of their records. */
const NO_INCARNATION = '0'

/** Connects to an existing topic (see `migrateKafkaLog`). Rejects with LogUnavailable if the topic does not exist or no broker answers. */
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

  // On the brokers, all topics share one set of group names.
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
