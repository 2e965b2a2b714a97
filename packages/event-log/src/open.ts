import { openEmbeddedLog } from './embedded/index.ts'
import { connectKafkaLog, growKafkaLog, type KafkaMigration, migrateKafkaLog } from './kafka/index.ts'
import type { Logger } from './logger.ts'
import type { EventLog } from './port.ts'
import { LOG_RETENTION_MS } from './retention.ts'

/** The log is in Kafka if `kafka` is set, otherwise in `folder`. */
export interface EventLogSettings {
  readonly product: string
  readonly kafka?: {
    readonly brokers: readonly string[]
    readonly ssl: boolean
    readonly sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }
  }
  readonly folder: string
  /** Number of partitions of a new log. */
  readonly partitions: number
}

/** Maximum size of the embedded log, so that it does not fill a laptop's disk. */
const RETENTION_BYTES = 2 * 1024 ** 3

/** The consumer groups of an installation. A record is deleted only after all of them have processed it. */
export const GROUPS = ['counters', 'warehouse']

export const topicOf = (product: string) => `northstar.${product}.events`

/** Opens the log of the settings. A log in a folder is created if it does not exist. */
export async function openEventLog(
  settings: EventLogSettings,
  deps: { logger: Logger; clientId: string; now?: () => number },
): Promise<EventLog> {
  const topic = topicOf(settings.product)
  if (settings.kafka)
    return connectKafkaLog({ ...settings.kafka, topic, clientId: deps.clientId, retentionMs: LOG_RETENTION_MS, groups: GROUPS }, deps)
  return openEmbeddedLog(
    {
      folder: settings.folder,
      topic,
      partitions: settings.partitions,
      retentionMs: LOG_RETENTION_MS,
      retentionBytes: RETENTION_BYTES,
      groups: GROUPS,
    },
    deps,
  )
}

/** Creates the topic if the log is in Kafka. Resolves to null if it is in a folder. */
export async function migrateEventLog(settings: EventLogSettings, clientId: string): Promise<KafkaMigration | null> {
  if (!settings.kafka) return null
  return migrateKafkaLog({
    ...settings.kafka,
    topic: topicOf(settings.product),
    partitions: settings.partitions,
    // Consumers delete records that are old and processed.
    retentionMs: -1,
    clientId,
  })
}

/** Opens the log after adding the partitions that it lacks. */
export async function openGrownLog(
  settings: EventLogSettings,
  partitions: number,
  deps: { logger: Logger; clientId: string },
): Promise<EventLog> {
  const topic = topicOf(settings.product)
  if (!settings.kafka) return openEmbeddedLog({ folder: settings.folder, topic, groups: GROUPS, growTo: partitions }, deps)
  await growKafkaLog({ ...settings.kafka, topic, clientId: deps.clientId }, partitions)
  return openEventLog(settings, deps)
}
