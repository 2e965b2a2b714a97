interface Tries {
  failures: number
  until: number
}

/** How many failures a key may have within the window before it must wait. */
export interface ThrottleLimit {
  readonly key: string
  readonly failures: number
}

const WINDOW_MS = 15 * 60_000
const MOST_KEYS = 10_000

/** Counts failed sign-ins by name and by address, and says when to try again. */
export function createThrottle(now: () => number) {
  const tries = new Map<string, Tries>()

  const current = (key: string): Tries | undefined => {
    const found = tries.get(key)
    return found && found.until > now() ? found : undefined
  }

  return {
    /** Seconds to wait, or null. */
    wait(limits: readonly ThrottleLimit[]): number | null {
      const ends = limits.flatMap(({ key, failures }) => {
        const found = current(key)
        return found && found.failures >= failures ? [found.until] : []
      })
      return ends.length === 0 ? null : Math.ceil((Math.max(...ends) - now()) / 1_000)
    },
    failed(limits: readonly ThrottleLimit[]): void {
      for (const { key } of limits) {
        const found = current(key) ?? { failures: 0, until: now() + WINDOW_MS }
        found.failures++
        // Set anew at the end, so that the oldest is what is forgotten first.
        tries.delete(key)
        tries.set(key, found)
      }
      for (const key of tries.keys()) {
        if (tries.size <= MOST_KEYS) break
        tries.delete(key)
      }
    },
    succeeded(limits: readonly ThrottleLimit[]): void {
      for (const { key } of limits) tries.delete(key)
    },
  }
}

export type Throttle = ReturnType<typeof createThrottle>
