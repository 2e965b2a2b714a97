import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { createSlots } from '@northstar/runtime/async'
import { QueryFailed, WarehouseUnavailable } from '../port.ts'
import { clickHouseError } from './engine.ts'
import { engineConfig } from './engine-config.ts'
import { openSandbox, type Sandbox } from './sandbox.ts'

export interface StatementRunnerConfig {
  /** The folder of snapshots, on the file system of the data. */
  readonly folder: string
  /** Refuse statements if the machine cannot isolate processes. */
  readonly requireSandbox: boolean
  /** Maximum number of concurrent processes; further statements wait. Each may need half a gigabyte. */
  readonly maxConcurrent: number
  /** Maximum time to start a process and open the snapshot on a busy machine, ms. */
  readonly startMs: number
  /** Maximum size of an answer, bytes. The engine's own limit is 256 MiB of values, and JSON is longer. */
  readonly maxAnswerBytes: number
}

export const STATEMENT_RUNNER_DEFAULTS = { requireSandbox: false, maxConcurrent: 2, startMs: 15_000, maxAnswerBytes: 512 * 1024 ** 2 }

export interface StatementRunnerDeps {
  /** Links the engine's current data into a folder. */
  readonly snapshot: (target: string) => Promise<void>
  /** Called once with the reason if statements are not isolated. */
  readonly onUnprotected?: (reason: string) => void
}

export interface StatementOptions {
  /** From the start of the process, ms. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** Runs ad-hoc statements, each in a separate process. */
export interface StatementRunner {
  /**
   * Runs statements in order, on a snapshot with everything inserted before the call. Returns the output of the last one.
   * @throws QueryFailed, WarehouseUnavailable, ClickHouseError
   */
  run(statements: readonly string[], options: StatementOptions): Promise<Uint8Array>
  close(): Promise<void>
}

/** The engine's memory limit in one process. */
const MEMORY_BYTES = 768 * 1024 ** 2

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/**
 * Each statement has a separate process, so that it cannot affect the next one. The engine's folder belongs to this process, so the
 * other one opens a snapshot. Parts never change and are linked, which takes milliseconds for any size.
 */
export async function openStatementRunner(config: StatementRunnerConfig, deps: StatementRunnerDeps): Promise<StatementRunner> {
  const { folder, requireSandbox } = config
  await removeLeftovers(folder)
  const slots = createSlots(config.maxConcurrent)
  const running = new Set<Child>()
  let sandbox: Promise<Sandbox> | undefined
  let closed = false

  async function findSandbox(place: string): Promise<Sandbox> {
    sandbox ??= openSandbox(join(place, 'probe')).then(found => {
      if (found.missing !== null) deps.onUnprotected?.(found.missing)
      return found
    })
    const found = await sandbox
    if (found.missing === null || !requireSandbox) return found
    throw new WarehouseUnavailable(`statements cannot be isolated on this machine: ${found.missing}`)
  }

  async function runIn(place: string, statements: readonly string[], { timeoutMs, signal }: StatementOptions): Promise<Uint8Array> {
    await mkdir(join(place, 'root'), { recursive: true })
    const { command: commandOf } = await findSandbox(place)
    await deps.snapshot(join(place, 'engine'))
    await writeFile(join(place, 'engine', 'engine.xml'), engineConfig({ memoryBytes: MEMORY_BYTES }))
    const { command, args, environment, engine } = commandOf(place, { cpuSeconds: Math.ceil(timeoutMs / 500) + 10 })
    if (closed) throw new WarehouseUnavailable('it was closed')
    if (signal?.aborted) throw new QueryFailed('it was cancelled')
    const child = spawn(command, args, { env: environment, cwd: join(place, 'root'), stdio: ['pipe', 'pipe', 'ignore', 'pipe'] }) as Child
    running.add(child)
    try {
      const job = { path: `${engine}/data`, config: `${engine}/engine.xml`, statements: ['SYSTEM STOP MERGES', ...statements] }
      return await answerOf(child, `${JSON.stringify(job)}\n`, {
        timeoutMs: timeoutMs + config.startMs,
        longest: config.maxAnswerBytes,
        signal,
      })
    } finally {
      child.kill('SIGKILL')
      running.delete(child)
    }
  }

  return {
    run: (statements, options) =>
      slots(async () => {
        if (options.signal?.aborted) throw new QueryFailed('it was cancelled')
        const place = join(folder, `${process.pid}-${randomUUID()}`)
        try {
          return await runIn(place, statements, options)
        } finally {
          await rm(place, { recursive: true, force: true })
        }
      }),
    async close() {
      closed = true
      for (const child of running) child.kill('SIGKILL')
    },
  }
}

/** Reads the child's answer, and its outcome from file descriptor 3. Without an outcome its limits have ended it. */
function answerOf(
  child: Child,
  job: string,
  { timeoutMs, longest, signal }: StatementOptions & { readonly longest: number },
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let length = 0
    let outcome = ''
    const end = (error: Error) => {
      reject(error)
      child.kill('SIGKILL')
    }
    const timer = setTimeout(() => end(new QueryFailed(`it took longer than ${timeoutMs / 1_000} s and was ended`)), timeoutMs)
    const onAbort = () => end(new QueryFailed('it was cancelled'))
    signal?.addEventListener('abort', onAbort, { once: true })
    child.stdout.on('data', (chunk: Uint8Array) => {
      length += chunk.length
      if (length > longest) end(new QueryFailed(`its answer is longer than ${longest} bytes`))
      else chunks.push(chunk)
    })
    const status = child.stdio[3] as Readable
    status.on('data', chunk => {
      outcome = `${outcome}${chunk}`.slice(0, 10_000)
    })
    // Writing to a child that has ended fails; its outcome is known when it closes.
    for (const pipe of [child.stdin, child.stdout, status]) pipe.on('error', () => {})
    child.once('error', error => reject(new WarehouseUnavailable('the process for the statement cannot be started', { cause: error })))
    child.once('close', () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      if (outcome === '{}') return resolve(Buffer.concat(chunks))
      const error = errorIn(outcome)
      reject(error === null ? new QueryFailed('it ran out of its memory or time and was ended') : clickHouseError(new Error(error)))
    })
    child.stdin.write(job)
  })
}

function errorIn(outcome: string): string | null {
  try {
    const { error } = JSON.parse(outcome) as { readonly error?: unknown }
    return typeof error === 'string' ? error : null
  } catch {
    return null
  }
}

/** Removes folders of ended processes. A folder's name begins with the id of its process, and only this process uses the data folder. */
async function removeLeftovers(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const left = (await readdir(folder)).filter(name => !name.startsWith(`${process.pid}-`))
  await Promise.all(left.map(name => rm(join(folder, name), { recursive: true, force: true })))
}
