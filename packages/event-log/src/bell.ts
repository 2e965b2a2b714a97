/** Wakes whoever waits. */
export interface Bell {
  ring(): void
  /** Settles at the next ring, or after `ms`. */
  wait(ms?: number): Promise<void>
}

/** Unlike a `Promise.race` with a lasting promise, a wait leaves nothing behind once it has settled. */
export function createBell(): Bell {
  const waiting = new Set<() => void>()
  return {
    ring() {
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
