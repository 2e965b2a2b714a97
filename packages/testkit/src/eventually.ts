import { setTimeout as sleep } from 'node:timers/promises'

export interface EventuallyOptions {
  /** Time-out, in ms. Default 30,000, since everything may take ten times as long on a busy machine. */
  readonly timeoutMs?: number
  /** Pause between two checks, in ms. Default 25. */
  readonly everyMs?: number
  /** The name of the condition, for the error. */
  readonly what?: string
}

type Truthy<T> = Exclude<T, undefined | null | false | 0 | ''>

/**
 * Calls `check` until it returns a truthy value, and resolves to that value. After the time-out, rejects with the error of the last check, or
 * with an error that contains its value.
 */
export async function eventually<T>(check: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<Truthy<T>> {
  const { timeoutMs = 30_000, everyMs = 25, what = 'the condition' } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let failure: unknown
    try {
      const value = await check()
      if (value) return value as Truthy<T>
      failure = new Error(`${what} did not hold within ${timeoutMs} ms; the last value was ${String(value)}`)
    } catch (error) {
      failure = error
    }
    if (performance.now() >= deadline) throw failure
    await sleep(everyMs)
  }
}
