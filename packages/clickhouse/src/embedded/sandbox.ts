import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The path is the same from `src` and from `dist`. */
const fileOf = (name: string) => fileURLToPath(new URL(`../../sandbox/${name}`, import.meta.url))

/** The command that starts a process for one statement on a snapshot. */
export interface SandboxedCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** The path of the snapshot in the process. */
  readonly engine: string
}

export interface Sandbox {
  /** The reason why the process is not isolated and has the rights of Northstar's user; null if it is isolated. */
  readonly missing: string | null
  /** @param folder contains the snapshot as `engine`, and the empty folder `root` */
  command(folder: string, limits: SandboxLimits): SandboxedCommand
}

export interface SandboxLimits {
  readonly cpuSeconds: number
}

/** Writable memory, kB: the engine's 512 MiB for a statement, two copies of its answer, and 0.8 GB that Node and the engine reserve. */
const DATA_KILOBYTES = 2_000_000
const TOOLS_PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
const PROBE_MS = 20_000

const SCRIPT = fileOf('run-statement.mjs')

/** Checks whether this machine allows a process its own namespaces: Linux with unprivileged user namespaces and util-linux. */
export async function openSandbox(probeFolder: string): Promise<Sandbox> {
  const missing = process.platform === 'linux' ? await probe(probeFolder) : 'namespaces exist only on Linux'
  return { missing, command: missing === null ? isolated : plain }
}

function isolated(folder: string, { cpuSeconds }: SandboxLimits): SandboxedCommand {
  const chdb = createRequire(import.meta.url).resolve('chdb')
  const library = dirname(createRequire(chdb).resolve(`@chdb/lib-linux-${process.arch}-gnu`))
  const namespaces = ['--user', '--map-root-user', '--mount', '--net', '--pid', '--ipc', '--uts', '--fork', '--kill-child']
  const inside = [folder, process.execPath, SCRIPT, dirname(chdb), library, String(cpuSeconds), String(DATA_KILOBYTES)]
  return {
    command: 'unshare',
    args: [...namespaces, 'sh', fileOf('enter.sh'), ...inside],
    environment: { PATH: TOOLS_PATH },
    engine: '/engine',
  }
}

function plain(folder: string): SandboxedCommand {
  return { command: process.execPath, args: ['--max-old-space-size=256', SCRIPT], environment: {}, engine: join(folder, 'engine') }
}

/** Starts a process without input, which ends immediately. Returns the reason of a failure, or null. */
async function probe(folder: string): Promise<string | null> {
  for (const name of ['engine', 'root']) await mkdir(join(folder, name), { recursive: true })
  const { command, args, environment } = isolated(folder, { cpuSeconds: 10 })
  return new Promise(resolve => {
    const child = spawn(command, args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'], timeout: PROBE_MS, killSignal: 'SIGKILL' })
    let output = ''
    child.stderr.on('data', chunk => {
      output = `${output}${chunk}`.slice(0, 300)
    })
    child.once('error', error => resolve(`${basename(command)} cannot be started: ${error.message}`))
    child.once('close', code => resolve(code === NO_INPUT ? null : output.trim() || `it ended with ${code}`))
  })
}

/** The exit code of run-statement.mjs if its input ends before a statement. */
const NO_INPUT = 64
