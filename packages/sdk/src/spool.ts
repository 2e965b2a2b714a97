/** Lines of NDJSON that are sent together and removed once they are answered. */
export interface SpooledBatch {
  readonly id: string
  readonly lines: readonly string[]
}

/** A pause in sending, which all processes of the spool share. */
export interface Pause {
  /** Epoch ms. */
  readonly until: number
  /** Number of successive failures. */
  readonly attempts: number
  /** Whether a server answered the last attempt: it is available but busy. */
  readonly answered: boolean
}

/**
 * The events that wait to be sent. A spool outlives the program, and several programs may use it at once. An event may be sent twice, since
 * Northstar recognises its id. Locks only save requests.
 */
export interface Spool {
  /** Adds a line, which survives the end of the program. Returns false if the spool is full or cannot be written. */
  add(line: string): boolean
  /** Makes all added lines ready to be read. */
  seal(): void
  /** Returns ready batches of about `bytes` in total, oldest first; at least one if there is any. */
  read(bytes: number): readonly SpooledBatch[]
  /** Returns false if a batch could not be removed, so that it would be read again. */
  remove(batches: readonly SpooledBatch[]): boolean
  /** All waiting lines. */
  list(): readonly string[]
  clear(): void
  /** Acquires the lock. Returns null while another program has it. @param heir id of a process whose lock this process takes over */
  lock(heir?: number): SpoolLock | null
  pause(): Pause | null
  setPause(pause: Pause | null): void
}

export interface SpoolLock {
  /** Must be called while the holder is working: a lock that was not renewed for half a minute is invalid. */
  renew(): void
  /** Gives the lock to another process. */
  handTo(pid: number): void
  release(): void
}

/** How long a lock is valid without renewal, ms. */
export const LOCK_MS = 30_000

/** A spool in memory, for programs that cannot write files. */
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

/** Returns the first batches of about `bytes` in total, at least one. */
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
