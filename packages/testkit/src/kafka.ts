import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Certificate } from './certificate.ts'
import { kafkaJars } from './kafka-jars.ts'

const run = promisify(execFile)

export interface KafkaOptions {
  /** Where the broker keeps its data and log. Default: a new folder in the system's temporary folder, removed by `stop`. */
  readonly folder?: string
  /** What clients must give (SASL PLAIN). Default: nothing. */
  readonly credentials?: { readonly username: string; readonly password: string }
  /** Clients speak TLS with the broker, under this certificate. */
  readonly tls?: Certificate
  /** Partitions of topics that are created without naming a number. Default 1. */
  readonly partitionsDefault?: number
  /** Further lines of server.properties. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A single Kafka node (KRaft) on loopback, started for tests or development. */
export interface KafkaServer {
  /** `127.0.0.1:PORT`, or `localhost:PORT` with TLS; the same over restarts. */
  readonly brokers: string
  /** Process id of the broker that runs now. */
  readonly pid: number
  /** Stops the broker for good; removes its folder when `startKafka` made it. Twice is harmless. */
  stop(): Promise<void>
  /** Ends the broker (orderly, or by SIGKILL) and leaves its data; `start` brings it back. */
  halt(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts a halted broker on the same ports and data; resolves when it answers. */
  start(): Promise<void>
  /** `halt`, then `start`. */
  restart(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Freezes the process. */
  pause(): void
  resume(): void
}

/** Starts Apache Kafka natively, with the machine's Java and jars from Maven Central. Resolves once the broker answers. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServer> {
  const jars = await kafkaJars()
  const ownsFolder = options.folder === undefined
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'northstar-kafka-')))
  await mkdir(folder, { recursive: true })
  const ports = await freePorts()
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
    // A frozen process sees no signal but these two.
    stopping.kill('SIGCONT')
    stopping.kill(signal)
    const impatience = setTimeout(() => stopping.kill('SIGKILL'), 10_000)
    await exited
    clearTimeout(impatience)
  }

  await start()

  return {
    brokers: `${options.tls ? 'localhost' : '127.0.0.1'}:${asksClients(options) ? ports.client : ports.local}`,
    get pid() {
      if (child?.pid === undefined) throw new Error('the broker is halted')
      return child.pid
    },
    async stop() {
      // Its folder goes with it, so there is nothing to close in good order.
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

/** A JVM's start takes half a minute where the machine is busy. */
const START_WITHIN_MS = 110_000

const JVM_FLAGS = ['-Xmx1g', '-Xms256m', '-XX:+UseSerialGC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn']

/** Whether clients have a listener of their own, which asks for a password or speaks TLS. */
const asksClients = ({ credentials, tls }: KafkaOptions) => credentials !== undefined || tls !== undefined

interface Ports {
  /** Asks for nothing; clients come here too where {@link asksClients} does not hold. */
  readonly local: number
  readonly client: number
  readonly controller: number
}

function serverProperties(folder: string, ports: Ports, options: KafkaOptions): string {
  const { credentials, tls } = options
  const names = ['LOCAL', ...(asksClients(options) ? ['CLIENT'] : []), 'CONTROLLER'] as const
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

/** Rejects when there is no such program as `java`. */
async function neverStarted(child: ChildProcess): Promise<never> {
  const [error] = await once(child, 'error')
  throw error
}

/** Ready means that the broker answers a request on its protocol; the port alone opens earlier. */
async function untilAnswers(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the broker ended with ${child.exitCode ?? child.signalCode}`)
    if (await knowsItself(port)) return
    await sleep(100)
  }
  throw new Error(`the broker did not answer within ${START_WITHIN_MS / 1000} s`)
}

/** Asks for metadata (version 1, no topics) and looks whether at least one broker is registered. */
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

/** Holds all ports open together, so that they differ. */
async function freePorts(): Promise<Ports> {
  const held = await Promise.all([listenAnywhere(), listenAnywhere(), listenAnywhere()])
  await Promise.all(held.map(({ server }) => new Promise<void>(resolve => server.close(() => resolve()))))
  const [local, client, controller] = held.map(({ port }) => port)
  if (!local || !client || !controller) throw new Error('no free ports')
  return { local, client, controller }
}

async function listenAnywhere(): Promise<{ server: Server; port: number }> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a listening server has no port')
  return { server, port: address.port }
}
