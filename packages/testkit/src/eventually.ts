import { setTimeout as sleep } from 'node:timers/promises'

export interface EventuallyOptions {
  /** Give up after so long, in ms. Default 30,000: on a busy machine anything may take ten times as long. */
  readonly timeoutMs?: number
  /** How long to wait between two looks, in ms. Default 25. */
  readonly everyMs?: number
  /** What is awaited, for the error. */
  readonly what?: string
}

type Truthy<T> = Exclude<T, undefined | null | false | 0 | ''>

/**
 * Calls `look` until it returns a truthy value (and neither throws nor rejects), and resolves with that value.
 * @throws what the last look threw, or an error that says what it gave, once the time is over
 */
export async function eventually<T>(look: () => T | Promise<T>, options: EventuallyOptions = {}): Promise<Truthy<T>> {
  const { timeoutMs = 30_000, everyMs = 25, what = 'the condition' } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let failure: unknown
    try {
      const seen = await look()
      if (seen) return seen as Truthy<T>
      failure = new Error(`${what} did not hold within ${timeoutMs} ms; the last look gave ${String(seen)}`)
    } catch (error) {
      failure = error
    }
    if (performance.now() >= deadline) throw failure
    await sleep(everyMs)
  }
}
