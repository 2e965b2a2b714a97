/** Signals, failures, pauses, time-outs and slots: one implementation of each. */

/** Wakes all waiters. */
export interface Signal {
  notify(): void
  /** Settles at the next `notify`, or after `ms`. */
  wait(ms?: number): Promise<void>
}

/** A settled wait holds no memory, unlike a `Promise.race` with a long-lived promise. */
export function createSignal(): Signal {
  const waiting = new Set<() => void>()
  return {
    notify() {
      for (const wake of [...waiting]) wake()
    },
    wait: ms =>
      new Promise(resolve => {
        const wake = () => {
          clearTimeout(timer)
          waiting.delete(wake)
          resolve()
        }
        const timer = ms === undefined ? undefined : setTimeout(wake, ms)
        waiting.add(wake)
      }),
  }
}

/** A promise that `fail` rejects and `end` resolves. Nobody has to await it: callers may read the health instead. */
export function createFailure() {
  let fail: (error: unknown) => void = () => {}
  let end: () => void = () => {}
  const failed = new Promise<void>((resolve, reject) => {
    end = resolve
    fail = reject
  })
  failed.catch(() => {})
  return { failed, fail, end }
}

export interface Backoff {
  /** The next pause, in ms. */
  next(): number
  reset(): void
}

/** Pauses between attempts: doubling, bounded, with jitter so that processes do not retry at the same time. */
export function createBackoff({ firstMs = 50, maxMs = 1_000 } = {}): Backoff {
  let ms = firstMs
  return {
    next() {
      const pause = ms * (0.5 + Math.random() / 2)
      ms = Math.min(ms * 2, maxMs)
      return pause
    },
    reset() {
      ms = firstMs
    },
  }
}

/** Settles as the work does, or rejects with `late()` after `ms`. The work itself continues. */
export async function withTimeout<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), Math.max(0, ms))
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

/** Whether the work fulfilled within `ms`. Rejects as the work does. */
export async function settlesWithin(ms: number, work: Promise<unknown>): Promise<boolean> {
  const late = new Error('late')
  try {
    await withTimeout(ms, work, () => late)
    return true
  } catch (error) {
    if (error === late) return false
    throw error
  }
}

/** Returns a function that runs at most `limit` jobs at a time, in the order of its calls. */
export function createSlots(limit: number): <T>(job: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  return async job => {
    if (running >= limit) await new Promise<void>(resolve => waiting.push(resolve))
    else running++
    try {
      return await job()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}

/** Whether the error says of itself that the same call may succeed later, as errors of an unavailable store do. */
export function isRetryable(error: unknown): error is Error {
  return error instanceof Error && 'retryable' in error && error.retryable === true
}

/** The message of anything that was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
