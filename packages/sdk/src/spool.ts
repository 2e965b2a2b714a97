/** Lines of NDJSON that are sent together, and removed once they are answered. */
export interface SpooledBatch {
  readonly id: string
  readonly lines: readonly string[]
}

/** When sending may be tried again, shared by every process of the spool. */
export interface Pause {
  /** Epoch ms. */
  readonly until: number
  /** Failed attempts in a row. */
  readonly attempts: number
  /** Whether a server answered the last one: it is there, and busy. */
  readonly answered: boolean
}

/**
 * Events that wait to be sent. It outlives the program, and any number of programs use it at once. An event may be sent twice, since its id
 * makes the second time harmless; so locks only save requests, and nothing depends on them.
 */
export interface Spool {
  /** Survives the end of the program once it returns. False when the spool is full or cannot be written. */
  add(line: string): boolean
  /** Makes what was added so far ready to be read. */
  seal(): void
  /** Ready batches, the oldest first, of about `bytes` altogether; at least one if there is any. */
  read(bytes: number): readonly SpooledBatch[]
  /** False when a batch could not be removed: it would be read again. */
  remove(batches: readonly SpooledBatch[]): boolean
  /** Every waiting line. */
  list(): readonly string[]
  clear(): void
  /** Null while another program sends. @param heir of this process id's lock: it may be handed over only after the heir has begun */
  lock(heir?: number): SpoolLock | null
  pause(): Pause | null
  setPause(pause: Pause | null): void
}

export interface SpoolLock {
  /** Says that the holder still works; a lock that is not renewed for half a minute is void. */
  renew(): void
  /** Makes another process the holder. */
  handTo(pid: number): void
  release(): void
}

/** How long a lock holds without renewal, ms. */
export const LOCK_MS = 30_000

/** Keeps events in memory: for programs that cannot write anywhere. */
export function createMemorySpool(maxBytes: number): Spool {
  let batches: SpooledBatch[] = []
  let bytes = 0
  let paused: Pause | null = null
  let next = 0
  return {
    add(line) {
      if (bytes + line.length > maxBytes) return false
      bytes += line.length
      batches.push({ id: String(next++), lines: [line] })
      return true
    },
    seal() {},
    read: limit => upTo(batches, limit),
    remove(done) {
      const ids = new Set(done.map(({ id }) => id))
      batches = batches.filter(({ id }) => !ids.has(id))
      bytes = batches.reduce((sum, { lines }) => sum + sizeOf(lines), 0)
      return true
    },
    list: () => batches.flatMap(({ lines }) => lines),
    clear() {
      batches = []
      bytes = 0
    },
    lock: () => ({ renew() {}, handTo() {}, release() {} }),
    pause: () => paused,
    setPause(pause) {
      paused = pause
    },
  }
}

export const sizeOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + line.length + 1, 0)

/** The first batches of about `bytes`, at least one. */
export function upTo(batches: Iterable<SpooledBatch>, bytes: number): readonly SpooledBatch[] {
  const taken: SpooledBatch[] = []
  let size = 0
  for (const batch of batches) {
    size += sizeOf(batch.lines)
    if (taken.length > 0 && size > bytes) break
    taken.push(batch)
  }
  return taken
}
