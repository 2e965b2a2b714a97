import { dockerAnswers, startClickHouseContainer, startKafkaContainer, startRedisContainer } from './containers.ts'
import type { RunningServer } from './running-server.ts'

export const SERVER_NAMES = ['kafka', 'redis', 'clickhouse'] as const
export type ServerName = (typeof SERVER_NAMES)[number]

export interface StartServersOptions {
  /** Whether to start this server. Default: true, as for the others. */
  readonly kafka?: boolean
  readonly redis?: boolean
  readonly clickhouse?: boolean
  /** Where to run them. Default: in containers if a Docker engine answers, otherwise natively. */
  readonly engine?: 'docker' | 'native'
  /** Called with a line of text at each step. */
  readonly onProgress?: (line: string) => void
}

export interface Servers {
  /** The address of each server that answers. */
  readonly addresses: Readonly<Partial<Record<ServerName, string>>>
  /** The reason why each of the others is unavailable, as a sentence. */
  readonly missing: Readonly<Partial<Record<ServerName, string>>>
  /** Stops all servers. May be called again. */
  stop(): Promise<void>
}

/** Starts real servers. Resolves when each one answers or is known to be unavailable; one that is unavailable does not affect the others. */
export async function startServers(options: StartServersOptions = {}): Promise<Servers> {
  const { onProgress = () => {} } = options
  const wanted = SERVER_NAMES.filter(name => options[name] ?? true)
  const engine = options.engine ?? (wanted.length > 0 && (await dockerAnswers()) ? 'docker' : 'native')
  const starters = engine === 'docker' ? CONTAINERS : NATIVE

  const running = new Map<ServerName, RunningServer>()
  const missing: Partial<Record<ServerName, string>> = {}
  const startOne = async (name: ServerName) => {
    const began = performance.now()
    onProgress(`${TITLES[name]}: starting (${engine})`)
    try {
      const server = await starters[name]()
      running.set(name, server)
      onProgress(
        `${TITLES[name]}: answers at ${withoutPassword(server.address)} after ${((performance.now() - began) / 1000).toFixed(1)} s`,
      )
    } catch (error) {
      missing[name] = reasonOf(error)
      onProgress(`${TITLES[name]}: cannot be started: ${missing[name]}`)
    }
  }
  await Promise.all(wanted.map(startOne))

  return {
    addresses: Object.fromEntries([...running].map(([name, server]) => [name, server.address])),
    missing,
    async stop() {
      const servers = [...running.values()]
      running.clear()
      await Promise.all(servers.map(server => server.stop()))
    },
  }
}

export const TITLES: Readonly<Record<ServerName, string>> = { kafka: 'Kafka', redis: 'Redis', clickhouse: 'ClickHouse' }

const CONTAINERS: Readonly<Record<ServerName, () => Promise<RunningServer>>> = {
  kafka: startKafkaContainer,
  redis: startRedisContainer,
  clickhouse: startClickHouseContainer,
}

// These modules are loaded only when they are needed: ClickHouse's engine alone has half a gigabyte.
const NATIVE: Readonly<Record<ServerName, () => Promise<RunningServer>>> = {
  async kafka() {
    const { startKafka } = await import('./kafka.ts')
    const server = await startKafka()
    return { address: server.brokers, stop: () => server.stop() }
  },
  async redis() {
    const { startRedis } = await import('./redis.ts')
    const server = await startRedis()
    return { address: server.url, stop: () => server.stop() }
  },
  async clickhouse() {
    const { startClickHouse } = await import('./clickhouse.ts')
    const server = await startClickHouse()
    return { address: server.url, stop: () => server.stop() }
  },
}

const DEBIAN_PACKAGES: Readonly<Record<string, string>> = {
  java: 'openjdk-17-jre-headless',
  mvn: 'maven',
  'redis-server': 'redis-server',
}

/** Explains an error. The usual cause is a command that is not installed; it is named with the package that contains it. */
function reasonOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && cause.code === 'ENOENT' && 'path' in cause && typeof cause.path === 'string') {
      const command = cause.path
      return `${command} is not installed (Debian: apt-get install ${DEBIAN_PACKAGES[command] ?? command})`
    }
  }
  return error instanceof Error ? error.message : String(error)
}

function withoutPassword(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//')
}
