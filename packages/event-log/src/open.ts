import { openEmbeddedLog } from './embedded/index.ts'
import { connectKafkaLog, growKafkaLog, type KafkaMigration, migrateKafkaLog } from './kafka/index.ts'
import type { Logger } from './logger.ts'
import type { EventLog } from './port.ts'
import { LOG_RETENTION_MS } from './retention.ts'

/** Where the log lies: in Kafka where brokers are named, else in a folder. */
export interface EventLogSettings {
  readonly product: string
  readonly kafka?: {
    readonly brokers: readonly string[]
    readonly ssl: boolean
    readonly sasl?: { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; username: string; password: string }
  }
  readonly folder: string
  /** Used when the log is made. */
  readonly partitions: number
}

/** Of the embedded log in all: a laptop's disk is not to be filled. */
const RETENTION_BYTES = 2 * 1024 ** 3

/** The consumer groups of an installation. Nothing is deleted before all of them have processed it. */
export const GROUPS = ['counters', 'warehouse']

export const topicOf = (product: string) => `northstar.${product}.events`

/** Opens the log that the settings name; one in a folder is made when it is missing. */
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

/** Makes the topic where the log is Kafka. Null where there is nothing to make. */
export async function migrateEventLog(settings: EventLogSettings, clientId: string): Promise<KafkaMigration | null> {
  if (!settings.kafka) return null
  return migrateKafkaLog({
    ...settings.kafka,
    topic: topicOf(settings.product),
    partitions: settings.partitions,
    // The log deletes by itself what is old and processed.
    retentionMs: -1,
    clientId,
  })
}

/** Opens the log with at least so many partitions; it gets those that it lacks. */
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
