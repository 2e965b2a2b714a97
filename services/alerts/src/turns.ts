export interface Turns {
  /** Takes a turn as soon as none is under way. */
  wake(): void
  /** One turn for all that happens within some milliseconds. */
  soon(ms: number): void
  /** Begins: turns that were wanted before are taken now. */
  start(): void
  /** No turn begins from here on; resolves when the one under way has ended. */
  stop(): Promise<void>
  readonly stopped: boolean
}

/** One turn at a time, and another one when any was wanted meanwhile. A turn must not reject. */
export function createTurns(turn: () => Promise<void>): Turns {
  let stopped = true
  let wanted = false
  let running: Promise<void> | null = null
  let coalesced: NodeJS.Timeout | undefined

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
      coalesced ??= setTimeout(() => {
        coalesced = undefined
        wake()
      }, ms)
    },
    start() {
      stopped = false
      wake()
    },
    async stop() {
      clearTimeout(coalesced)
      stopped = true
      await running
    },
    get stopped() {
      return stopped
    },
  }
}
