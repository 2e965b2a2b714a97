export interface LoopConfig {
  /** One turn. It must not reject. */
  readonly turn: () => Promise<void>
  /** A turn is taken at least this often, ms. */
  readonly everyMs: number
}

export interface Loop {
  /** Takes a turn as soon as none is under way. */
  wake(): void
  /** One turn for all that is wanted within some milliseconds. */
  soon(ms: number): void
  /** Begins: turns that were wanted before are taken now. */
  start(): void
  /** No turn begins from here on; resolves when the one under way has ended. */
  stop(): Promise<void>
  readonly stopped: boolean
}

/** One turn at a time, and another one where any was wanted meanwhile. */
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
