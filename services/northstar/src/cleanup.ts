import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A cleanup that takes longer, such as one that waits for a server, does not hold up the end of the process. */
const CLEANUP_MS = 2_000

type Clean = (signal?: NodeJS.Signals) => void | Promise<void>

/** Cleanups of the work under way, oldest first. */
const pending: Clean[] = []

/**
 * Runs `work`, then `clean`. A signal meanwhile also runs `clean`, and then ends the process as it would without a handler, so that a shell sees
 * which signal it was; a second one ends it at once. A process with handlers of its own decides itself.
 * @param clean called with the signal, if one ends the process; may be called twice
 */
export async function withCleanup<T>(clean: Clean, work: () => Promise<T>): Promise<T> {
  if (pending.length === 0) for (const signal of SIGNALS) process.on(signal, onSignal)
  pending.push(clean)
  try {
    return await work()
  } finally {
    await clean()
    const index = pending.indexOf(clean)
    if (index >= 0) pending.splice(index, 1)
    if (pending.length === 0) ignoreSignals()
  }
}

const ignoreSignals = () => {
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

async function onSignal(signal: NodeJS.Signals): Promise<void> {
  ignoreSignals()
  const cleanups = pending.splice(0).reverse()
  try {
    for (const clean of cleanups) await Promise.race([clean(signal), sleep(CLEANUP_MS)])
  } finally {
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
  }
}

/** Runs `work` with a new temporary folder, which is removed afterwards. @param prefix of the folder's name */
export function withTempFolder<T>(prefix: string, work: (folder: string) => Promise<T>): Promise<T> {
  let folder: string | undefined
  return withCleanup(
    () => {
      // A thread of the engine may still create files in it, so that it is not empty at first.
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 10 })
    },
    async () => {
      // A signal that arrives now is handled afterwards.
      folder = mkdtempSync(join(tmpdir(), prefix))
      return work(folder)
    },
  )
}
