export interface LoopConfig {
  /** Must not reject. */
  readonly turn: () => Promise<void>
  /** Maximum time between two turns, ms. */
  readonly everyMs: number
}

export interface Loop {
  /** Runs a turn as soon as none is running. */
  wake(): void
  /** Runs a turn within this time; calls before it share the turn. */
  soon(ms: number): void
  /** Starts the loop with a turn. */
  start(): void
  /** Starts no further turn, and resolves when the running one has ended. */
  stop(): Promise<void>
  readonly stopped: boolean
}

/** Runs one turn at a time, and another one if it was requested meanwhile. */
export function createLoop({ turn, everyMs }: LoopConfig): Loop {
  let stopped = true
  let requested = false
  let running: Promise<void> | null = null
  let coalesced: NodeJS.Timeout | undefined
  let coalescedAt = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  function wake(): void {
    requested = true
    if (stopped || running !== null) return
    requested = false
    running = turn().finally(() => {
      running = null
      if (requested) wake()
    })
  }

  return {
    wake,
    soon(ms) {
      const at = performance.now() + ms
      if (stopped || at >= coalescedAt) return
      clearTimeout(coalesced)
      coalescedAt = at
      coalesced = setTimeout(() => {
        coalescedAt = Number.POSITIVE_INFINITY
        wake()
      }, ms)
    },
    start() {
      stopped = false
      timer = setInterval(wake, everyMs)
      wake()
    },
    async stop() {
      clearInterval(timer)
      clearTimeout(coalesced)
      stopped = true
      await running
    },
    get stopped() {
      return stopped
    },
  }
}
