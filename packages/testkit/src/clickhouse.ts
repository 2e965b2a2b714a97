import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Certificate } from './certificate.ts'

/** Built from `clickhouse-front.ts`: Node cannot run TypeScript itself, so the package must have been built. */
const FRONT = fileURLToPath(new URL('../dist/clickhouse-front.js', import.meta.url))
const USER = 'northstar'
const DEFAULT_PASSWORD = 'northstar'
const DATABASE = 'northstar'

export interface ClickHouseOptions {
  /** Where the data lies. Default: a new folder, removed by `stop`. */
  readonly folder?: string
  readonly database?: string
  /** Of the user `northstar`. Default: `northstar`. */
  readonly password?: string
  /** The server speaks TLS under this certificate. */
  readonly tls?: Certificate
}

export interface RunningClickHouse {
  /** `http://user:password@127.0.0.1:port/database`, or `https://user:password@localhost:port/database` with TLS; the database is not created. */
  readonly url: string
  readonly folder: string
  /** Of the process that runs now. */
  readonly pid: number
  /** Ends it in order; removes the folder if it was made here. Twice is harmless. */
  stop(): Promise<void>
  /** As a power cut would: nothing is flushed, the folder stays. */
  kill9(): Promise<void>
  /** Starts it again on the same port and folder, stopping it first where it still runs. */
  restart(): Promise<void>
}

/** ClickHouse for tests: the real engine in a process of its own, behind as much of the HTTP protocol as `@clickhouse/client` speaks. */
export async function startClickHouse(options: ClickHouseOptions = {}): Promise<RunningClickHouse> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'northstar-clickhouse-')))
  const { password = DEFAULT_PASSWORD, tls } = options
  const launchAt = (port: number) => launch([folder, String(port), USER, password, ...(tls ? [tls.certFile, tls.keyFile] : [])])
  let running = await launchAt(0)
  const { port } = running

  async function end(signal: NodeJS.Signals): Promise<void> {
    const { child } = running
    if (child.exitCode !== null || child.signalCode !== null) return
    // It was unreferenced, so that a server that is never stopped does not keep the tests' process alive.
    child.ref()
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  return {
    url: `${tls ? 'https' : 'http'}://${USER}:${encodeURIComponent(password)}@${tls ? 'localhost' : '127.0.0.1'}:${port}/${options.database ?? DATABASE}`,
    folder,
    get pid() {
      return running.child.pid ?? -1
    },
    async stop() {
      await end('SIGTERM')
      if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
    },
    kill9: () => end('SIGKILL'),
    async restart() {
      await end('SIGTERM')
      running = await launchAt(port)
    },
  }
}

async function launch(args: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  // The engine runs statements on libuv's threads; four would let a few slow queries hold everything up.
  const env = { ...process.env, UV_THREADPOOL_SIZE: '16' }
  const child = fork(FRONT, [...args], { env, execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`the ClickHouse front ended before it listened: ${code ?? signal}`)))
    child.once('message', message => {
      const { port: listening } = message as { port: number }
      child.removeAllListeners('exit')
      child.unref()
      child.channel?.unref()
      resolve({ child, port: listening })
    })
  })
}
