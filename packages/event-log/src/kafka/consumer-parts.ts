import type { ConsumerParts } from '../consumer-parts.ts'
import type { Logger } from '../logger.ts'
import { createMonitor } from '../monitor.ts'
import type { KafkaLogConfig } from './config.ts'
import { createConnection } from './connection.ts'
import { isFatal, reasonOf } from './errors.ts'
import { createFetcher } from './fetcher.ts'
import { createGroupWire } from './group-wire.ts'
import { createMember } from './membership.ts'
import { endOffsets } from './offsets.ts'
import type { TopicWatch } from './topic-watch.ts'

/** Opens a consumer's connection, its membership of a group on the brokers, and the fetchers of its partitions. */
export function openConsumerParts(config: KafkaLogConfig, groupId: string, watch: TopicWatch, logger: Logger): ConsumerParts {
  const { topic, sessionTimeoutMs = 10_000, drainTimeoutMs = 20_000, commitTimeoutMs = 30_000, aheadBytes = 1024 * 1024 } = config
  const connection = createConnection(config, topic, logger)
  const monitor = createMonitor(config.unhealthyAfterMs ?? 20_000)
  const wire = createGroupWire(connection, { topic, group: groupId, sessionTimeoutMs, rebalanceTimeoutMs: drainTimeoutMs + 5_000 })
  const heartbeatMs = config.heartbeatMs ?? sessionTimeoutMs / 10

  return {
    member: createMember(wire, { heartbeatMs, commitTimeoutMs }, monitor),
    commits: partitions => wire.committed(partitions),
    earliest: async partitions => {
      const bounds = await endOffsets(await connection.cluster(), topic, partitions)
      return new Map(bounds.map(({ partition, earliest }) => [partition, earliest]))
    },
    openSource: (partition, offset) => {
      const part = `partition ${partition}`
      const onAttempt = (error: unknown) => (error === undefined ? monitor.ok(part) : monitor.problem(part, reasonOf(error)))
      // Each fetcher has its own connection: a broker answers the requests of a connection one by one, and an idle fetch takes seconds.
      const fetcher = createFetcher(createConnection(config, topic, logger), { topic, partition, offset, aheadBytes, onAttempt }, logger)
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
  }
}
