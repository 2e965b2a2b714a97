import { freePort } from './free-port.ts'
import type { RunningServer } from './running-server.ts'

const IMAGES = { kafka: 'apache/kafka:4.3.1', redis: 'redis:7', clickhouse: 'clickhouse/clickhouse-server:26.7' }
const STARTUP_MS = 180_000

/** Whether a Docker engine, or one with the same API, answers. */
export async function dockerAnswers(): Promise<boolean> {
  const { getContainerRuntimeClient } = await import('testcontainers')
  try {
    await getContainerRuntimeClient()
    return true
  } catch {
    return false
  }
}

/** The broker tells clients its address, so the port on this machine must be known before it starts. */
export async function startKafkaContainer(): Promise<RunningServer> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const port = await freePort()
  const container = await new GenericContainer(IMAGES.kafka)
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '500',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    })
    .withExposedPorts({ container: 9092, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(STARTUP_MS)
    .start()
  return { address: `127.0.0.1:${port}`, stop: () => stopContainer(container) }
}

export async function startRedisContainer(): Promise<RunningServer> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const container = await new GenericContainer(IMAGES.redis)
    .withCommand(['redis-server', '--appendonly', 'yes', '--save', ''])
    .withExposedPorts(6379)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .withStartupTimeout(STARTUP_MS)
    .start()
  return { address: `redis://${container.getHost()}:${container.getMappedPort(6379)}`, stop: () => stopContainer(container) }
}

export async function startClickHouseContainer(): Promise<RunningServer> {
  const { GenericContainer, Wait } = await import('testcontainers')
  const container = await new GenericContainer(IMAGES.clickhouse)
    .withEnvironment({
      CLICKHOUSE_DB: 'northstar',
      CLICKHOUSE_USER: 'northstar',
      CLICKHOUSE_PASSWORD: 'northstar',
      CLICKHOUSE_DEFAULT_ACCESS_MANAGEMENT: '1',
    })
    .withUlimits({ nofile: { hard: 262_144, soft: 262_144 } })
    .withExposedPorts(8123)
    .withWaitStrategy(Wait.forHttp('/ping', 8123).forStatusCode(200))
    .withStartupTimeout(STARTUP_MS)
    .start()
  const address = `http://northstar:northstar@${container.getHost()}:${container.getMappedPort(8123)}/northstar`
  return { address, stop: () => stopContainer(container) }
}

async function stopContainer(container: { stop(options: { remove: boolean; removeVolumes: boolean }): Promise<unknown> }): Promise<void> {
  await container.stop({ remove: true, removeVolumes: true })
}
