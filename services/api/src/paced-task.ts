export interface PacedTaskConfig {
  /** Must not reject. */
  readonly run: () => Promise<void>
  /** Minimum time between the starts of two runs, ms. */
  readonly everyMs: number
  /** Maximum share of the time that runs take. */
  readonly share: number
}

export interface PacedTask {
  /** Requests a run as soon as the pace allows. Several requests before its start cause one run. */
  request(): void
  /** Prevents further runs until the next request. */
  cancel(): void
}

/** Runs a task on request, one run at a time, at a limited pace. */
export function createPacedTask({ run, everyMs, share }: PacedTaskConfig): PacedTask {
  let requested = false
  let running = false
  let notBefore = 0
  let timer: NodeJS.Timeout | undefined

  function schedule(): void {
    if (!requested || running || timer) return
    const start = () => {
      timer = undefined
      void runNow()
    }
    timer = setTimeout(start, Math.max(0, notBefore - performance.now()))
  }

  async function runNow(): Promise<void> {
    requested = false
    running = true
    const startedAt = performance.now()
    await run()
    running = false
    notBefore = startedAt + Math.max(everyMs, (performance.now() - startedAt) / share)
    schedule()
  }

  return {
    request() {
      requested = true
      schedule()
    },
    cancel() {
      requested = false
      clearTimeout(timer)
      timer = undefined
    },
  }
}
