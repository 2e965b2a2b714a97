import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { QueryFailed, WarehouseUnavailable } from '../port.ts'
import { clickHouseError } from './engine.ts'
import { engineConfig } from './engine-config.ts'
import { openSandbox, type Sandbox } from './sandbox.ts'
import { createSlots } from './slots.ts'

export interface ApartConfig {
  /** Where snapshots are made; on the file system of the data. */
  readonly folder: string
  /** Refuse statements where the machine offers no isolation. */
  readonly requireSandbox: boolean
  /** Processes at once; further statements wait. Each may take half a gigabyte. */
  readonly atOnce: number
  /** Maximum time to start a process and open the snapshot on a busy machine, ms. */
  readonly startMs: number
  /** Longer answers end their process, bytes. The engine refuses 256 MiB of values, and JSON is longer. */
  readonly longestAnswer: number
}

export const APART_DEFAULTS = { requireSandbox: false, atOnce: 2, startMs: 15_000, longestAnswer: 512 * 1024 ** 2 }

export interface ApartDeps {
  /** Links the engine's data into a folder, as it is now. */
  readonly snapshot: (target: string) => Promise<void>
  /** Called once, with why statements are not isolated. */
  readonly onUnprotected?: (reason: string) => void
}

export interface ApartOptions {
  /** Counted from when the process begins, ms. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** Runs people's statements in processes of their own. */
export interface Apart {
  /**
   * Runs the last of the statements after the others, on a snapshot that has everything inserted before the call.
   * @throws QueryFailed, WarehouseUnavailable, ClickHouseError
   */
  run(statements: readonly string[], options: ApartOptions): Promise<Uint8Array>
  close(): Promise<void>
}

/** The engine's memory limit in one process. */
const MEMORY_BYTES = 768 * 1024 ** 2

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/**
 * One process a statement, so that nothing of one statement is left for the next. The engine's folder belongs to this process, so the
 * other one opens a snapshot: parts never change and are linked, which takes milliseconds whatever their size.
 */
export async function openApart(config: ApartConfig, deps: ApartDeps): Promise<Apart> {
  const { folder, requireSandbox } = config
  await removeLeftovers(folder)
  const slots = createSlots(config.atOnce)
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

  async function runIn(place: string, statements: readonly string[], { timeoutMs, signal }: ApartOptions): Promise<Uint8Array> {
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
        longest: config.longestAnswer,
        signal,
      })
    } finally {
      child.kill('SIGKILL')
      running.delete(child)
    }
  }

  return {
    run: (statements, options) =>
      slots.run(async () => {
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

/** The child writes the answer, and then by the third pipe how it ended. Without that it was ended by its limits. */
function answerOf(
  child: Child,
  job: string,
  { timeoutMs, longest, signal }: ApartOptions & { readonly longest: number },
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
    // A child that ended already takes no job; how it ended is known when it closes.
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

/** A folder begins with the id of its process. Only this process has the data folder, so that others left theirs behind. */
async function removeLeftovers(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const left = (await readdir(folder)).filter(name => !name.startsWith(`${process.pid}-`))
  await Promise.all(left.map(name => rm(join(folder, name), { recursive: true, force: true })))
}
