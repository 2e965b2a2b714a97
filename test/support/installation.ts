import { answersReady, type Exit, freePort, type SpawnedProcess, tempFolder } from '@northstar/testkit'
import { type Env, northstar, type Outcome, startNorthstar } from './northstar.ts'
import { copyProduct, type ProductCopy } from './product-copy.ts'

export const WRITE_KEY = 'a-write-key-for-tests'
export const ADMIN_TOKEN = 'an-admin-token-for-tests-of-32-characters'
/** Documented time-out of a stop by SIGTERM, ms. */
const DRAIN_MS = 10_000

/** A process of the product, which can be stopped and started again on the same ports. */
export interface Service {
  readonly role: string
  readonly url: string
  readonly metricsUrl: string
  readonly process: SpawnedProcess
  start(): Promise<void>
  /** Sends SIGTERM, and SIGKILL after the time-out. */
  stop(): Promise<Exit>
  kill(): Promise<Exit>
}

/** The product as it runs, in one of its modes. */
export interface Installation {
  readonly mode: 'embedded' | 'distributed'
  readonly product: ProductCopy
  /** URL to send events to. */
  readonly ingest: string
  /** URL of the API. */
  readonly query: string
  readonly services: readonly Service[]
  /** Environment of every process, which names the stores. */
  readonly env: Env
  start(): Promise<void>
  /** Stops all processes at the same time, as `docker compose down` does. */
  stop(): Promise<readonly Exit[]>
  /** Runs a command against it. */
  command(args: readonly string[], input?: string): Promise<Outcome>
  /** @param base URL of another process than the first API */
  get(path: string, base?: string): Promise<{ readonly status: number; readonly body: unknown }>
  /** Stops it and removes its folders. */
  remove(): Promise<void>
}

async function createService(role: string, args: readonly string[], env: Env, onOutput?: (text: string) => void): Promise<Service> {
  const port = await freePort()
  const metricsPort = await freePort()
  const url = `http://127.0.0.1:${port}`
  let running: SpawnedProcess | undefined
  const current = () => {
    if (!running) throw new Error(`${role} was never started`)
    return running
  }
  return {
    role,
    url,
    metricsUrl: `http://127.0.0.1:${metricsPort}`,
    get process() {
      return current()
    },
    async start() {
      const own = { NORTHSTAR_PORT: String(port), NORTHSTAR_METRICS_PORT: String(metricsPort) }
      running = await startNorthstar(args, { ...env, ...own }, onOutput)
      await running.ready(() => answersReady(url), 180_000)
    },
    stop: () => current().stop(DRAIN_MS),
    kill: () => current().kill(),
  }
}

interface Parts {
  readonly mode: Installation['mode']
  readonly product: ProductCopy
  readonly services: readonly Service[]
  readonly env: Env
  readonly prepare?: () => Promise<void>
  readonly remove: () => Promise<void>
}

async function install({ mode, product, services, env, prepare, remove }: Parts): Promise<Installation> {
  const urlOf = (role: string) => services.find(service => service.role.split(',').includes(role) || service.role === 'up')?.url ?? ''
  const [ingest, query] = [urlOf('ingest'), urlOf('api')]
  const stop = () => Promise.all(services.map(service => service.stop()))
  const installation: Installation = {
    mode,
    product,
    ingest,
    query,
    services,
    env,
    async start() {
      await prepare?.()
      await Promise.all(services.map(service => service.start()))
    },
    stop,
    command: ([name = '', ...args], input) =>
      northstar([name, ...args], { ...env, NORTHSTAR_URL: name === 'send' || name === 'simulate' ? ingest : query }, input),
    async get(path, base = query) {
      const response = await fetch(base + path, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })
      return { status: response.status, body: await response.json() }
    },
    async remove() {
      // Some may not have started.
      await Promise.allSettled(services.map(async service => service.stop()))
      await remove()
      await product.remove()
    },
  }
  try {
    await installation.start()
  } catch (error) {
    await installation.remove()
    throw error
  }
  return installation
}

const COMMON = {
  NORTHSTAR_WRITE_KEY: WRITE_KEY,
  NORTHSTAR_ADMIN_TOKEN: ADMIN_TOKEN,
  NORTHSTAR_SECRET: 'a-secret-for-tests-of-thirty-two-characters',
  NORTHSTAR_ALLOW_PRIVATE_TARGETS: '1',
  LOG_LEVEL: 'warn',
}

export interface EmbeddedOptions {
  readonly product?: ProductCopy
  readonly env?: Env
  /** Called with the output of the processes. */
  readonly onOutput?: (text: string) => void
}

/** Everything in one process, over stores in a folder of its own. */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<Installation> {
  const product = options.product ?? (await copyProduct())
  const data = await tempFolder('data')
  const env = { ...COMMON, NORTHSTAR_PRODUCT: product.folder, NORTHSTAR_DATA_DIR: data.path, ...options.env }
  return install({
    mode: 'embedded',
    product,
    env,
    services: [await createService('up', ['up'], env, options.onOutput)],
    remove: data.remove,
  })
}

export interface DistributedOptions extends EmbeddedOptions {
  readonly brokers: string
  readonly redisUrl: string
  readonly clickhouseUrl: string
  /** Default: each service, two of each consumer. */
  readonly roles?: readonly string[]
  /** Additional environment of the nth process of {@link roles}. */
  readonly envOf?: (n: number) => Env
}

export const ALL_ROLES = ['ingest', 'counters', 'counters', 'warehouse', 'warehouse', 'alerts', 'reports', 'api'] as const

/** Each service a process of its own, over real servers. */
export async function startDistributed(options: DistributedOptions): Promise<Installation> {
  const product = options.product ?? (await copyProduct())
  const data = await tempFolder('data')
  const clickhouse = new URL(options.clickhouseUrl)
  clickhouse.pathname = `/${product.database}`
  const env = {
    ...COMMON,
    KAFKA_BROKERS: options.brokers,
    REDIS_URL: options.redisUrl,
    CLICKHOUSE_URL: clickhouse.href,
    NORTHSTAR_PRODUCT: product.folder,
    NORTHSTAR_DATA_DIR: data.path,
    ...options.env,
  }
  const services = await Promise.all(
    (options.roles ?? ALL_ROLES).map((role, n) =>
      createService(role, ['serve', role], { ...env, ...options.envOf?.(n) }, options.onOutput),
    ),
  )
  const prepare = async () => {
    const { code, stderr } = await northstar(['migrate'], env)
    if (code !== 0) throw new Error(`northstar migrate ended with ${code}:\n${stderr}`)
  }
  return install({ mode: 'distributed', product, env, services, prepare, remove: data.remove })
}
