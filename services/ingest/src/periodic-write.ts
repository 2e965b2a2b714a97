/** Writes pending data at an interval, one write at a time. */
export interface PeriodicWrite {
  start(): void
  /** Writes the rest. */
  stop(): Promise<void>
}

/** @param write must not reject; entries that it could not write stay pending for the next write */
export function createPeriodicWrite(everyMs: number, write: () => Promise<void>): PeriodicWrite {
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  const writeNext = () => {
    writing = writing.then(write)
    return writing
  }
  return {
    start() {
      timer = setInterval(() => void writeNext(), everyMs).unref()
    },
    async stop() {
      clearInterval(timer)
      await writeNext()
    },
  }
}
