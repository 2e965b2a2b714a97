import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from './eventually.ts'

export interface SpawnOptions {
  readonly cwd?: string
  /** Added to this process's environment; undefined removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Hears every piece of output as it comes. */
  readonly onOutput?: (text: string) => void
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface SpawnedProcess {
  readonly pid: number
  /** What it has written to stdout, its last 64 KiB. */
  readonly stdout: string
  /** What it has written to stdout and stderr, the last 64 KiB. */
  readonly output: string
  /** How it ended; undefined while it runs. */
  readonly exit: Exit | undefined
  /** Resolves when it has ended. */
  readonly exited: Promise<Exit>
  /** Resolves with the match once its output matches. Rejects when it ends before, or when the time (default 60 s) is over. */
  line(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  /** Resolves once `check` gives true. Rejects when the process ends before, or when the time (default 60 s) is over. */
  ready(check: () => Promise<boolean>, timeoutMs?: number): Promise<void>
  signal(signal: NodeJS.Signals): void
  /** SIGTERM; SIGKILL after `graceMs` (default 15 s). */
  stop(graceMs?: number): Promise<Exit>
  /** SIGKILL. */
  kill(): Promise<Exit>
  /** Freezes it (SIGSTOP). */
  freeze(): void
  /** Lets a frozen process go on (SIGCONT). */
  thaw(): void
}

/** The process ended, or its time was over, before it was as awaited. The message carries the end of its output. */
export class ProcessNotReady extends Error {
  readonly code = 'process_not_ready'
  constructor(reason: string, output: string) {
    super(`${reason}; the end of its output:\n${output.slice(-4_000)}`)
    this.name = 'ProcessNotReady'
  }
}

const KEPT = 65_536

/** Starts a child process, which dies with this one. Rejects when the command cannot be started. */
export async function spawnProcess(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<SpawnedProcess> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let output = ''
  let exit: Exit | undefined
  const hear = (text: string) => {
    output = (output + text).slice(-KEPT)
    options.onOutput?.(text)
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-KEPT)
    hear(text)
  })
  child.stderr.setEncoding('utf8').on('data', hear)
  const exited = new Promise<Exit>(resolve => {
    child.once('exit', (code, signal) => {
      process.off('exit', killNow)
      exit = { code, signal }
      resolve(exit)
    })
  })
  const killNow = () => child.kill('SIGKILL')
  process.once('exit', killNow)

  await once(child, 'spawn')
  const pid = child.pid
  if (pid === undefined) throw new Error(`${command} has no process id`)
  const name = [command, ...args].join(' ')

  async function awaited<T>(look: () => T | undefined | Promise<T | undefined>, what: string, timeoutMs: number): Promise<T> {
    const give = async () => {
      // Read before looking: what the process wrote before it ended still counts.
      const ended = exit
      const seen = await look()
      if (seen !== undefined) return { seen }
      return ended ? { ended } : undefined
    }
    const result = await eventually(give, { timeoutMs, what }).catch(() => undefined)
    if (result && 'seen' in result && result.seen !== undefined) return result.seen
    if (exit) throw new ProcessNotReady(`${name} ended with ${exit.code ?? exit.signal} before ${what}`, output)
    throw new ProcessNotReady(`${name}: not ${what} within ${timeoutMs} ms`, output)
  }

  return {
    pid,
    get stdout() {
      return stdout
    },
    get output() {
      return output
    },
    get exit() {
      return exit
    },
    exited,
    line: (pattern, timeoutMs = 60_000) => awaited(() => pattern.exec(output) ?? undefined, `it wrote ${pattern}`, timeoutMs),
    async ready(check, timeoutMs = 60_000) {
      await awaited(async () => ((await check().catch(() => false)) ? true : undefined), 'it was ready', timeoutMs)
    },
    signal: signal => void child.kill(signal),
    async stop(graceMs = 15_000) {
      if (exit) return exit
      // A frozen process takes no SIGTERM.
      child.kill('SIGCONT')
      child.kill('SIGTERM')
      const patience = new AbortController()
      const impatience = sleep(graceMs, undefined, { signal: patience.signal }).then(
        () => child.kill('SIGKILL'),
        () => false,
      )
      const ended = await exited
      patience.abort()
      await impatience
      return ended
    },
    async kill() {
      if (!exit) child.kill('SIGKILL')
      return exited
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  }
}

/** Whether `${url}/readyz` answers 2xx: what to hand to {@link SpawnedProcess.ready} for a service. */
export async function answersReady(url: string): Promise<boolean> {
  const response = await fetch(`${url}/readyz`)
  await response.arrayBuffer()
  return response.ok
}
