export interface LoopConfig {
  /** One turn. It must not reject. */
  readonly turn: () => Promise<void>
  /** Maximum time between two turns, ms. */
  readonly everyMs: number
}

export interface Loop {
  /** Runs a turn as soon as none is running. */
  wake(): void
  /** Runs one turn within so many ms for all callers. */
  soon(ms: number): void
  /** Starts; turns that were requested before run now. */
  start(): void
  /** No further turn starts; resolves when the running one has ended. */
  stop(): Promise<void>
  readonly stopped: boolean
}

/** Runs one turn at a time, and another one if any was requested meanwhile. */
export function createLoop({ turn, everyMs }: LoopConfig): Loop {
  let stopped = true
  let wanted = false
  let running: Promise<void> | null = null
  let coalesced: NodeJS.Timeout | undefined
  let coalescedAt = Number.POSITIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  function wake(): void {
    wanted = true
    if (stopped || running !== null) return
    wanted = false
    running = turn().finally(() => {
      running = null
      if (wanted) wake()
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
