import { setTimeout as sleep } from 'node:timers/promises'
import { createBackoff } from '@northstar/runtime/async'
import kafkajs, { type Admin, type SASLOptions } from 'kafkajs'
import { LogUnavailable } from '../port.ts'
import { brokerList, type KafkaAccess } from './connection.ts'
import { protocolErrorType, reasonOf } from './errors.ts'

export interface KafkaTopicSettings extends KafkaAccess {
  readonly topic: string
  readonly partitions: number
  /** How long a record is kept, in ms; -1 if the broker deletes nothing. */
  readonly retentionMs: number
}

export interface KafkaMigration {
  readonly created: boolean
  /** How an existing topic differs from the settings, one sentence for each difference. The topic is not changed. */
  readonly differences: readonly string[]
}

const TOPIC_RESOURCE = 2
const MAX_REPLICAS = 3
/** How long a broker may not know an existing topic, or the topic may have no leader, in ms. */
const SPREAD_MS = 10_000
const NOT_YET_KNOWN = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'])
/** How long a busy controller may take to create a topic, in ms. Each request times out after 5 s, and may have created it. */
const CREATE_MS = 60_000
const BUSY = new Set(['REQUEST_TIMED_OUT'])

/** Creates the topic if it does not exist; an existing topic is compared, never changed. Rejects with LogUnavailable. */
export async function migrateKafkaLog(settings: KafkaTopicSettings): Promise<KafkaMigration> {
  const { topic, partitions } = settings
  return withAdmin(settings, async admin => {
    const { brokers } = await admin.describeCluster()
    const replicationFactor = Math.min(MAX_REPLICAS, brokers.length)
    const config = wantedConfig(settings, replicationFactor)
    const created = await createTopic(admin, topic, partitions, replicationFactor, config)
    const differences = await repeated(() => compare(admin, topic, partitions, replicationFactor, config), NOT_YET_KNOWN, SPREAD_MS)
    return { created, differences }
  })
}

/** Extends an existing topic to at least `partitions` partitions. Rejects with LogUnavailable. */
export async function growKafkaLog(access: KafkaAccess & { readonly topic: string }, partitions: number): Promise<void> {
  const { topic } = access
  return withAdmin(access, async admin => {
    const count = async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length ?? 0
    if ((await count()) >= partitions) return
    await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] })
    const deadline = performance.now() + SPREAD_MS
    while ((await count()) < partitions && performance.now() < deadline) await sleep(100)
  })
}

async function withAdmin<T>(access: KafkaAccess, work: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new kafkajs.Kafka({
    brokers: brokerList(access.brokers),
    clientId: access.clientId,
    ssl: access.ssl,
    sasl: access.sasl as SASLOptions | undefined,
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const admin = kafka.admin()
  try {
    await admin.connect()
    return await work(admin)
  } catch (error) {
    throw new LogUnavailable(reasonOf(error), { cause: error })
  } finally {
    await admin.disconnect().catch(() => {})
  }
}

function wantedConfig(settings: KafkaTopicSettings, replicationFactor: number): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    // The broker decompresses what other clients write: kafkajs reads only gzip, and could never read past anything else.
    'compression.type': 'uncompressed',
    // Times are of the brokers' clock, so that they grow with the offsets and can be searched.
    'message.timestamp.type': 'LogAppendTime',
    'min.insync.replicas': String(Math.max(1, replicationFactor - 1)),
    'retention.ms': String(settings.retentionMs),
  }
}

/** Resolves to false if the topic exists, also where another process creates it at the same time. */
export async function createTopic(
  admin: Admin,
  topic: string,
  partitions: number,
  replicationFactor: number,
  config: Record<string, string>,
): Promise<boolean> {
  const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
  // kafkajs would wait for leaders only of the topics that the broker already knows.
  const request = { waitForLeaders: false, topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }] }
  return repeated(() => admin.createTopics(request), BUSY, CREATE_MS)
}

/** Repeats a request that rejects with one of these protocol errors. Other brokers know a new topic only some time after its creation. */
async function repeated<T>(ask: () => Promise<T>, errors: ReadonlySet<string>, forMs: number): Promise<T> {
  const deadline = performance.now() + forMs
  const backoff = createBackoff()
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!errors.has(protocolErrorType(error) ?? '') || performance.now() >= deadline) throw error
      await sleep(backoff.next())
    }
  }
}

async function compare(
  admin: Admin,
  topic: string,
  partitions: number,
  replicationFactor: number,
  config: Record<string, string>,
): Promise<string[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: TOPIC_RESOURCE, name: topic, configNames: Object.keys(config) }],
  })
  const existing = topics[0]?.partitions ?? []
  const replicas = Math.min(...existing.map(partition => partition.replicas.length))
  const values = new Map(resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]))
  const pairs: [string, string | undefined, string][] = [
    ['partitions', String(existing.length), String(partitions)],
    ['replication factor', String(replicas), String(replicationFactor)],
    ...Object.entries(config).map(([name, wanted]): [string, string | undefined, string] => [name, values.get(name), wanted]),
  ]
  return pairs
    .filter(([, is, wanted]) => is !== wanted)
    .map(([name, is, wanted]) => `topic ${topic}: ${name} is ${is ?? 'not set'}, expected ${wanted}`)
}
