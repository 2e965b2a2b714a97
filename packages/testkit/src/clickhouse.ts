import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Certificate } from './certificate.ts'
import type { Account } from './clickhouse-front.ts'

/** The build of `clickhouse-front.ts`. The package must have been built, since the process runs JavaScript. */
const FRONT = fileURLToPath(new URL('../dist/clickhouse-front.js', import.meta.url))
const USER = 'northstar'
const DEFAULT_PASSWORD = 'northstar'
const DATABASE = 'northstar'

export interface ClickHouseOptions {
  /** The folder of the data. Default: a new folder, which `stop` removes. */
  readonly folder?: string
  readonly database?: string
  /** The password of the user `northstar`. Default: `northstar`. */
  readonly password?: string
  /** The password of a second account, `analyst`, which may only read. Default: there is none. */
  readonly analystPassword?: string
  /** If set, the server uses TLS with this certificate. */
  readonly tls?: Certificate
}

export interface RunningClickHouse {
  /** `http://user:password@127.0.0.1:port/database`, or `https://user:password@localhost:port/database` with TLS; the database is not created. */
  readonly url: string
  readonly folder: string
  /** The id of the running process. */
  readonly pid: number
  /** Stops the process, and removes the folder if no folder was given. May be called again. */
  stop(): Promise<void>
  /** Kills the process with SIGKILL: nothing is flushed, and the folder is kept. */
  kill9(): Promise<void>
  /** Starts the process again with the same port and folder, after stopping it if it is running. */
  restart(): Promise<void>
}

/** Starts ClickHouse for tests: the real engine in a separate process, with the part of the HTTP protocol that `@clickhouse/client` uses. */
export async function startClickHouse(options: ClickHouseOptions = {}): Promise<RunningClickHouse> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'northstar-clickhouse-')))
  const { password = DEFAULT_PASSWORD, analystPassword, tls } = options
  const accounts: readonly Account[] = [
    { user: USER, password },
    ...(analystPassword === undefined ? [] : [{ user: 'analyst', password: analystPassword, readOnly: true }]),
  ]
  const launchAt = (port: number) => launch([folder, String(port), JSON.stringify(accounts), ...(tls ? [tls.certFile, tls.keyFile] : [])])
  let running = await launchAt(0)
  const { port } = running

  async function end(signal: NodeJS.Signals): Promise<void> {
    const { child } = running
    if (child.exitCode !== null || child.signalCode !== null) return
    // The child is unreferenced while it runs, so that it does not keep the process of the tests alive.
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
  // The engine runs statements on libuv's threads. With the default of four, a few slow queries would block all others.
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
