import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './eventually.ts'

export interface SpawnOptions {
  readonly cwd?: string
  /** Added to this process's environment; undefined removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Called with each piece of output as it arrives. */
  readonly onOutput?: (text: string) => void
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface SpawnedProcess {
  readonly pid: number
  /** The last 64 Ki characters of stdout. */
  readonly stdout: string
  /** The last 64 Ki characters of stdout and stderr together. */
  readonly output: string
  /** How the process ended; undefined while it runs. */
  readonly exit: Exit | undefined
  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>
  /** Resolves to the match once the output matches. Rejects with ProcessNotReady if the process ends first or after `timeoutMs` (default 60 s). */
  line(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  /** Resolves once `check` resolves to true. Rejects with ProcessNotReady if the process ends first or after `timeoutMs` (default 60 s). */
  ready(check: () => Promise<boolean>, timeoutMs?: number): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** Sends SIGTERM, then SIGKILL after `graceMs` (default 15 s). */
  stop(graceMs?: number): Promise<Exit>
  /** Sends SIGKILL. */
  kill(): Promise<Exit>
  /** Sends SIGSTOP. */
  freeze(): void
  /** Sends SIGCONT. */
  thaw(): void
}

/** The process ended, or the time-out passed, before the awaited condition held. The message includes the end of its output. */
export class ProcessNotReady extends Error {
  readonly code = 'process_not_ready'
  constructor(reason: string, output: string) {
    super(`${reason}; the end of its output:\n${output.slice(-4_000)}`)
    this.name = 'ProcessNotReady'
  }
}

const KEPT_CHARACTERS = 65_536

/** Starts a child process, which is killed when this process ends. Rejects if the command cannot be started. */
export async function spawnProcess(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<SpawnedProcess> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collectOutput(child, options.onOutput)
  const ending = watchExit(child)

  await once(child, 'spawn')
  const pid = child.pid
  if (pid === undefined) throw new Error(`${command} has no process id`)
  const name = [command, ...args].join(' ')

  async function waitUntil<T>(check: () => T | undefined | Promise<T | undefined>, what: string, timeoutMs: number): Promise<T> {
    const poll = async () => {
      // The exit is read before the check, so that output from just before the end is still checked.
      const ended = ending.exit()
      const found = await check()
      if (found !== undefined) return { found }
      return ended ? { ended } : undefined
    }
    const result = await eventually(poll, { timeoutMs, what }).catch(() => undefined)
    if (result && 'found' in result && result.found !== undefined) return result.found
    const exit = ending.exit()
    if (exit) throw new ProcessNotReady(`${name} ended with ${exit.code ?? exit.signal} before ${what}`, output.all())
    throw new ProcessNotReady(`${name}: not ${what} within ${timeoutMs} ms`, output.all())
  }

  return {
    pid,
    get stdout() {
      return output.stdout()
    },
    get output() {
      return output.all()
    },
    get exit() {
      return ending.exit()
    },
    exited: ending.exited,
    line: (pattern, timeoutMs = 60_000) => waitUntil(() => pattern.exec(output.all()) ?? undefined, `it wrote ${pattern}`, timeoutMs),
    async ready(check, timeoutMs = 60_000) {
      await waitUntil(async () => ((await check().catch(() => false)) ? true : undefined), 'it was ready', timeoutMs)
    },
    signal: signal => void child.kill(signal),
    stop: async (graceMs = 15_000) => ending.exit() ?? terminate(child, ending.exited, graceMs),
    async kill() {
      if (!ending.exit()) child.kill('SIGKILL')
      return ending.exited
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>

/** Keeps the last {@link KEPT_CHARACTERS} of stdout, and of stdout and stderr together. */
function collectOutput(child: Child, onOutput?: (text: string) => void) {
  let stdout = ''
  let all = ''
  const append = (text: string) => {
    all = (all + text).slice(-KEPT_CHARACTERS)
    onOutput?.(text)
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-KEPT_CHARACTERS)
    append(text)
  })
  child.stderr.setEncoding('utf8').on('data', append)
  return { stdout: () => stdout, all: () => all }
}

/** Records how the child ends, and kills it when this process ends first. */
function watchExit(child: Child) {
  let exit: Exit | undefined
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)
  const exited = new Promise<Exit>(resolve => {
    child.once('exit', (code, signal) => {
      process.off('exit', killNow)
      exit = { code, signal }
      resolve(exit)
    })
  })
  return { exited, exit: () => exit }
}

async function terminate(child: Child, exited: Promise<Exit>, graceMs: number): Promise<Exit> {
  // A frozen process handles no SIGTERM.
  child.kill('SIGCONT')
  child.kill('SIGTERM')
  const grace = new AbortController()
  const killing = sleep(graceMs, undefined, { signal: grace.signal }).then(
    () => child.kill('SIGKILL'),
    () => false,
  )
  const ended = await exited
  grace.abort()
  await killing
  return ended
}

/** Whether `${url}/readyz` answers 2xx: the check for {@link SpawnedProcess.ready} of a service. */
export async function answersReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`)
  await response.arrayBuffer()
  return response.ok
}
