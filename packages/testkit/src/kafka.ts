import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Certificate } from './certificate.ts'
import { freePorts } from './free-port.ts'
import { kafkaJars } from './kafka-jars.ts'

const run = promisify(execFile)

export interface KafkaOptions {
  /** The folder of the broker's data and log. Default: a new temporary folder, which `stop` removes. */
  readonly folder?: string
  /** The credentials that clients need (SASL PLAIN). Default: none. */
  readonly credentials?: { readonly username: string; readonly password: string }
  /** If set, clients use TLS, and this is the certificate of the broker. */
  readonly tls?: Certificate
  /** Number of partitions of topics that are created without a number. Default 1. */
  readonly partitionsDefault?: number
  /** Further lines of server.properties. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A single Kafka node (KRaft) on loopback, started for tests or development. */
export interface KafkaServer {
  /** `127.0.0.1:PORT`, or `localhost:PORT` with TLS. Restarts do not change it. */
  readonly brokers: string
  /** Process id of the running broker. */
  readonly pid: number
  /** Stops the broker for good, and removes its folder if no folder was given. May be called again. */
  stop(): Promise<void>
  /** Stops the broker, normally or by SIGKILL, and keeps its data. `start` starts it again. */
  halt(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts a halted broker with the same ports and data. Resolves once it answers. */
  start(): Promise<void>
  /** Calls `halt`, then `start`. */
  restart(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Freezes the process. */
  pause(): void
  resume(): void
}

/** Starts Apache Kafka with the machine's Java and jars from Maven Central. Resolves once the broker answers. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const jars = await kafkaJars()
  const ownsFolder = options.folder === undefined
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'northstar-kafka-')))
  await mkdir(folder, { recursive: true })
  const [local = 0, client = 0, controller = 0] = await freePorts(3)
  const ports: Ports = { local, client, controller }
  const properties = join(folder, 'server.properties')
  await writeFile(properties, serverProperties(folder, ports, options))
  if (options.tls) await writeKeyStore(keyStoreIn(folder), options.tls)
  if (!existsSync(join(folder, 'data', 'meta.properties'))) await formatStorage(jars, properties)

  let child: ChildProcess | undefined
  const kill = () => child?.kill('SIGKILL')

  async function start(): Promise<void> {
    if (child) return
    const log = await open(join(folder, 'broker.log'), 'a')
    try {
      child = spawn('java', [...JVM_FLAGS, '-cp', join(jars, '*'), 'kafka.Kafka', properties], {
        cwd: folder,
        stdio: ['ignore', log.fd, log.fd],
      })
    } finally {
      await log.close()
    }
    process.once('exit', kill)
    try {
      await Promise.race([untilAnswers(child, ports.local), neverStarted(child)])
    } catch (error) {
      await halt('SIGKILL')
      const tail = (await readFile(join(folder, 'broker.log'), 'utf8')).slice(-2_000)
      throw new Error(`Kafka did not start; the end of its log:\n${tail}`, { cause: error })
    }
  }

  async function halt(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const stopping = child
    if (!stopping) return
    child = undefined
    process.off('exit', kill)
    if (stopping.exitCode !== null || stopping.signalCode !== null) return
    const exited = once(stopping, 'exit')
    // A frozen process handles only SIGCONT and SIGKILL.
    stopping.kill('SIGCONT')
    stopping.kill(signal)
    const killing = setTimeout(() => stopping.kill('SIGKILL'), 10_000)
    await exited
    clearTimeout(killing)
  }

  await start()

  return {
    brokers: `${options.tls ? 'localhost' : '127.0.0.1'}:${hasClientListener(options) ? ports.client : ports.local}`,
    get pid() {
      if (child?.pid === undefined) throw new Error('the broker is halted')
      return child.pid
    },
    async stop() {
      // A broker whose folder is removed anyway does not have to close its files.
      await halt(ownsFolder ? 'SIGKILL' : 'SIGTERM')
      if (ownsFolder) await rm(folder, { recursive: true, force: true })
    },
    halt,
    start,
    async restart(signal) {
      await halt(signal)
      await start()
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
  }
}

/** Time-out of the start: on a busy machine, starting a JVM can take half a minute. */
const START_WITHIN_MS = 110_000

const JVM_FLAGS = ['-Xmx1g', '-Xms256m', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']

/** Whether there is a separate listener for clients, with a password or TLS. */
const hasClientListener = ({ credentials, tls }: KafkaOptions) => credentials !== undefined || tls !== undefined

interface Ports {
  /** A listener without password and TLS. Clients use it too unless {@link hasClientListener}. */
  readonly local: number
  readonly client: number
  readonly controller: number
}

function serverProperties(folder: string, ports: Ports, options: KafkaOptions): string {
  const { credentials, tls } = options
  const names = ['LOCAL', ...(hasClientListener(options) ? ['CLIENT'] : []), 'CONTROLLER'] as const
  const portOf = { LOCAL: ports.local, CLIENT: ports.client, CONTROLLER: ports.controller }
  const listeners = names.map(name => `${name}://127.0.0.1:${portOf[name as keyof typeof portOf]}`).join(',')
  const clientProtocol = `${credentials ? 'SASL_' : ''}${tls ? 'SSL' : 'PLAINTEXT'}`
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${ports.controller}`,
    listeners,
    'advertised.listeners': tls ? listeners.replace('CLIENT://127.0.0.1', 'CLIENT://localhost') : listeners,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'LOCAL',
    'listener.security.protocol.map': `CONTROLLER:PLAINTEXT,LOCAL:PLAINTEXT,CLIENT:${clientProtocol}`,
    ...(credentials && saslSettings(credentials)),
    ...(tls && { 'ssl.keystore.type': 'PEM', 'ssl.keystore.location': keyStoreIn(folder) }),
    'log.dirs': join(folder, 'data'),
    'num.partitions': String(options.partitionsDefault ?? 1),
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '500',
    ...options.settings,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

function saslSettings({ username, password }: { readonly username: string; readonly password: string }): Record<string, string> {
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
  return {
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.client.plain.sasl.jaas.config': `${login} user_${username}="${password}";`,
  }
}

const keyStoreIn = (folder: string) => join(folder, 'keystore.pem')

/** Kafka reads key and certificate from one file. */
async function writeKeyStore(path: string, { keyFile, certFile }: Certificate): Promise<void> {
  await writeFile(path, `${await readFile(keyFile, 'utf8')}${await readFile(certFile, 'utf8')}`, { mode: 0o600 })
}

async function formatStorage(jars: string, properties: string): Promise<void> {
  const storage = ['-cp', join(jars, '*'), 'kafka.tools.StorageTool']
  const { stdout } = await run('java', [...storage, 'random-uuid'])
  const id = stdout.trim().split('\n').at(-1) ?? ''
  await run('java', [...storage, 'format', '--standalone', '-t', id, '-c', properties])
}

/** Rejects if `java` cannot be started. */
async function neverStarted(child: ChildProcess): Promise<never> {
  const [error] = await once(child, 'error')
  throw error
}

/** Resolves once the broker answers a request. Its port opens earlier. */
async function untilAnswers(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the broker ended with ${child.exitCode ?? child.signalCode}`)
    if (await knowsItself(port)) return
    await sleep(100)
  }
  throw new Error(`the broker did not answer within ${START_WITHIN_MS / 1000} s`)
}

/** Requests metadata (version 1, no topics) and checks whether at least one broker is registered. */
function knowsItself(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host: '127.0.0.1', port })
    let answer = Buffer.alloc(0)
    const done = (ready: boolean) => {
      socket.destroy()
      resolve(ready)
    }
    socket.setTimeout(2_000, () => done(false))
    socket.once('error', () => done(false))
    socket.once('close', () => done(false))
    socket.once('connect', () => socket.write(METADATA_REQUEST))
    socket.on('data', chunk => {
      answer = Buffer.concat([answer, chunk])
      // size, correlation id, number of brokers
      if (answer.length >= 12) done(answer.readInt32BE(8) > 0)
    })
  })
}

const METADATA_REQUEST = (() => {
  const request = Buffer.alloc(18)
  request.writeInt32BE(14, 0)
  request.writeInt16BE(3, 4)
  request.writeInt16BE(1, 6)
  request.writeInt32BE(1, 8)
  request.writeInt16BE(-1, 12)
  request.writeInt32BE(0, 14)
  return request
})()
