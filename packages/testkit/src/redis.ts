import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Certificate } from './certificate.ts'
import { freePort } from './free-port.ts'

export interface RedisOptions {
  /** The folder of the append-only file. Default: a new folder, which `stop` removes. */
  readonly folder?: string
  /** The password that clients need (`requirepass`). */
  readonly password?: string
  /** If set, the server uses TLS with this certificate. */
  readonly tls?: Certificate
}

/** A redis-server on loopback with an append-only file. */
export interface RunningRedis {
  /** `redis://127.0.0.1:PORT`, or `rediss://localhost:PORT` with TLS, with the password. */
  readonly url: string
  /** The port of `url`. */
  readonly port: number
  /** The id of the running process, which {@link restart} changes. */
  readonly pid: number
  /** Stops the process, and removes the folder if no folder was given. May be called again. */
  stop(): Promise<void>
  /** Kills the process with SIGKILL, and keeps its folder. */
  kill(): Promise<void>
  /** Starts the process again with the same port and folder, after stopping it if it is running. */
  restart(): Promise<void>
}

export interface RunningRedisCluster {
  /** `redis+cluster://127.0.0.1:PORT,127.0.0.1:PORT,127.0.0.1:PORT`. */
  readonly url: string
  readonly nodes: readonly RunningRedis[]
  stop(): Promise<void>
}

interface Node extends RunningRedis {
  /** A port without TLS, which is used only to check the server and to form the cluster. */
  readonly plainPort: number
}

const READY_WITHIN_MS = 20_000
const SLOTS = 16_384

/** Starts the installed `redis-server`. Rejects if it is not installed. */
export function startRedis(options: RedisOptions = {}): Promise<RunningRedis> {
  return startServer(options, [])
}

/** Starts three masters without replicas that share the slots. Resolves once each of them sees the whole cluster. */
export async function startRedisCluster(options: Omit<RedisOptions, 'folder'> = {}): Promise<RunningRedisCluster> {
  const nodes: Node[] = []
  const busPorts: number[] = []
  const stop = async () => {
    await Promise.all(nodes.map(node => node.stop()))
  }
  // With TLS, clients are redirected to the host name, for which the certificate is valid.
  const names = options.tls ? ['--cluster-announce-hostname', 'localhost', '--cluster-preferred-endpoint-type', 'hostname'] : []
  try {
    for (let i = 0; i < 3; i++) {
      const busPort = await freePort()
      busPorts.push(busPort)
      const cluster = ['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`, '--cluster-node-timeout', '5000']
      nodes.push(await startServer(options, [...cluster, ...names]))
    }
    await formCluster(nodes, busPorts, options.password)
  } catch (error) {
    await stop()
    throw error
  }
  const credentials = options.password ? `:${encodeURIComponent(options.password)}@` : ''
  const hosts = nodes.map(node => new URL(node.url).host).join(',')
  return { url: `redis+cluster://${credentials}${hosts}${options.tls ? '?tls=1' : ''}`, nodes, stop }
}

async function formCluster(nodes: readonly Node[], busPorts: readonly number[], password: string | undefined): Promise<void> {
  const clients = nodes.map(({ plainPort }) => new Redis({ host: '127.0.0.1', port: plainPort, password }))
  try {
    for (const [i, client] of clients.entries()) {
      const first = Math.floor((i * SLOTS) / nodes.length)
      const last = Math.floor(((i + 1) * SLOTS) / nodes.length) - 1
      await client.call('CLUSTER', 'ADDSLOTSRANGE', first, last)
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
    }
    for (const [i, { port }] of nodes.entries()) {
      if (i > 0) await clients[0]?.call('CLUSTER', 'MEET', '127.0.0.1', port, busPorts[i] ?? 0)
    }
    for (const client of clients) {
      await until('the Redis cluster to be whole', async () => {
        const info = String(await client.call('CLUSTER', 'INFO'))
        return (
          info.includes('cluster_state:ok') &&
          info.includes(`cluster_slots_ok:${SLOTS}`) &&
          info.includes(`cluster_known_nodes:${nodes.length}`)
        )
      })
    }
  } finally {
    for (const client of clients) client.disconnect()
  }
}

async function startServer(options: RedisOptions, extra: readonly string[]): Promise<Node> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'northstar-redis-')))
  await mkdir(folder, { recursive: true })
  const port = await freePort()
  const plainPort = options.tls ? await freePort() : port
  const settings = [...settingsOf(folder, plainPort), ...tlsSettings(options.tls, port), ...passwordSettings(options.password), ...extra]
  let child = await launch(plainPort, settings)

  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
    child.kill(signal)
    await exited
  }
  const credentials = options.password ? `:${encodeURIComponent(options.password)}@` : ''
  return {
    url: options.tls ? `rediss://${credentials}localhost:${port}` : `redis://${credentials}127.0.0.1:${port}`,
    port,
    plainPort,
    get pid() {
      return child.pid ?? -1
    },
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
    },
    async restart() {
      await end('SIGTERM')
      child = await launch(plainPort, settings)
    },
  }
}

function settingsOf(folder: string, port: number): readonly string[] {
  const listening = ['--port', `${port}`, '--bind', '127.0.0.1']
  return [...listening, '--dir', folder, '--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec']
}

function tlsSettings(tls: Certificate | undefined, port: number): readonly string[] {
  if (!tls) return []
  const files = ['--tls-cert-file', tls.certFile, '--tls-key-file', tls.keyFile, '--tls-ca-cert-file', tls.caFile]
  return ['--tls-port', `${port}`, ...files, '--tls-auth-clients', 'no', '--tls-cluster', 'yes']
}

const passwordSettings = (password: string | undefined) => (password ? ['--requirepass', password] : [])

async function launch(port: number, settings: readonly string[]): Promise<ChildProcess> {
  const child = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout?.on('data', chunk => {
    output = (output + chunk).slice(-4_000)
  })
  child.stderr?.on('data', chunk => {
    output = (output + chunk).slice(-4_000)
  })
  let failure: Error | undefined
  child.once('error', error => {
    failure = new Error('redis-server cannot be started: is it installed?', { cause: error })
  })
  // A test run that crashes must not leave a server behind.
  const killOnExit = () => child.kill('SIGKILL')
  process.once('exit', killOnExit)
  child.once('exit', () => process.off('exit', killOnExit))
  try {
    await until(`redis-server on port ${port} to answer`, async () => {
      if (failure) throw failure
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`redis-server ended at its start:\n${output}`)
      return ping(port)
    })
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return child
}

function ping(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    const answer = (ok: boolean) => {
      socket.destroy()
      resolve(ok)
    }
    socket.setTimeout(1_000, () => answer(false))
    socket.once('error', () => answer(false))
    // Any other answer, except that a password is required, means that the server is still loading its file.
    socket.once('data', data => answer(/^(\+PONG|-NOAUTH)/.test(data.toString())))
    socket.write('PING\r\n')
  })
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${READY_WITHIN_MS} ms for ${what}`)
    await delay(20)
  }
}
