import type { Health } from './lifecycle.ts'

/** The reports of a worker of one partition. */
export interface Headway {
  /** It begins to work, or has come further. */
  working(): void
  /** It has processed all that it was given, and waits for more. */
  waiting(): void
  /** An attempt failed and will be repeated. */
  failing(error: unknown): void
}

export interface HeadwayMonitor {
  /** A partition that was claimed; `end` when the claim is over. */
  claim(partition: number): Headway & { end(): void }
  /** Unhealthy where a claimed partition has work and made no headway lately; the reason names each of them. */
  health(): Health
}

/** How long work may fail, or take without failing, before the partition counts as blocked, in ms. */
const FAILING_MS = 10_000
const SLOW_MS = 60_000

interface State {
  /** Since when it works without headway; undefined while it waits. */
  since: number | undefined
  failure: string | undefined
}

/** @param now a clock in ms that never goes back */
export function createHeadwayMonitor(now: () => number = () => performance.now()): HeadwayMonitor {
  const states = new Map<number, State>()

  function troubleOf(partition: number, { since, failure }: State): string | null {
    if (since === undefined) return null
    const ms = now() - since
    if (ms < (failure === undefined ? SLOW_MS : FAILING_MS)) return null
    return `partition ${partition} made no headway for ${Math.round(ms / 1000)} s: ${failure ?? 'its batch is still being processed'}`
  }

  return {
    claim(partition) {
      const state: State = { since: now(), failure: undefined }
      states.set(partition, state)
      return {
        working() {
          state.since = now()
          state.failure = undefined
        },
        waiting() {
          state.since = undefined
          state.failure = undefined
        },
        failing(error) {
          state.since ??= now()
          state.failure = error instanceof Error ? error.message : String(error)
        },
        end() {
          if (states.get(partition) === state) states.delete(partition)
        },
      }
    },
    health() {
      const troubles = [...states].map(([partition, state]) => troubleOf(partition, state)).filter(trouble => trouble !== null)
      return { healthy: troubles.length === 0, reason: troubles.join('; ') || 'every partition makes headway' }
    },
  }
}
