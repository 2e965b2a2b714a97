import { type EventLog, type LogRecord, LogUnavailable } from '@northstar/event-log'
import { encodeLines, partitionOf, type Row, rowJson } from '@northstar/events'

export interface ChunkWriterConfig {
  readonly flushMs: number
  readonly gatherMs: number
  readonly chunkBytes: number
  readonly appendTimeoutMs: number
}

export interface ChunkWriter {
  /** Takes rows at once, before it gives the promise, which resolves when every one of them is durable. Rejects when one may not be. */
  write(rows: readonly Row[]): Promise<void>
  /** Writes what is gathered and waits for all that is under way. */
  drain(): Promise<void>
}

/** The rows of one partition that will be one record. */
interface Gathered {
  readonly lines: string[]
  readonly ids: string[]
  size: number
}

/** What will be appended together. */
interface Flush {
  readonly partitions: Map<number, Gathered>
  readonly done: Promise<void>
  readonly resolve: (appended: Promise<void>) => void
}

/**
 * Gathers the rows of many requests into one record a partition, and appends them after a few milliseconds or when one is
 * full: a record of a hundred events costs the log an eighth of a hundred records. While an append is under way, rows gather for somewhat
 * longer, so that records are large when there is much to write and nobody waits for it when there is not.
 * @param deps.plan names the plan that the rows were checked by
 * @param deps.onAppended hears how long each append took, in seconds
 */
export function createChunkWriter(
  config: ChunkWriterConfig,
  deps: { readonly log: Pick<EventLog, 'append' | 'partitions'>; readonly plan: string; readonly onAppended: (seconds: number) => void },
): ChunkWriter {
  const { log } = deps
  const underWay = new Set<Promise<void>>()
  let current: Flush | null = null
  let timer: NodeJS.Timeout | undefined
  let appending = 0
  /** What is gathered has waited `flushMs`, and now waits for an append to end. */
  let due = false

  function open(): Flush {
    let resolve: Flush['resolve'] = () => {}
    const done = new Promise<void>(r => {
      resolve = r
    })
    underWay.add(done)
    const forget = () => underWay.delete(done)
    done.then(forget, forget)
    timer = setTimeout(flushWhenFree, config.flushMs)
    return { partitions: new Map(), done, resolve }
  }

  function flushWhenFree(): void {
    due = appending > 0
    if (due) timer = setTimeout(flush, config.gatherMs - config.flushMs)
    else flush()
  }

  function flush(): void {
    if (current === null) return
    const { partitions, resolve } = current
    current = null
    due = false
    clearTimeout(timer)
    const records: LogRecord[] = []
    for (const [partition, { lines, ids }] of partitions) records.push({ partition, ...encodeLines(lines, ids, deps.plan) })
    resolve(append(records))
  }

  async function append(records: readonly LogRecord[]): Promise<void> {
    const start = performance.now()
    appending++
    let late: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_, reject) => {
      late = setTimeout(() => reject(new LogUnavailable(`it took longer than ${config.appendTimeoutMs} ms`)), config.appendTimeoutMs)
    })
    try {
      await Promise.race([log.append(records), timeout])
    } finally {
      clearTimeout(late)
      appending--
      if (due) flush()
      deps.onAppended((performance.now() - start) / 1000)
    }
  }

  function take(row: Row): Promise<void> {
    const line = rowJson(row)
    const partition = partitionOf(row, log.partitions)
    let gathered = current?.partitions.get(partition)
    if (gathered !== undefined && gathered.size + line.length > config.chunkBytes) {
      flush()
      gathered = undefined
    }
    current ??= open()
    if (gathered === undefined) {
      gathered = { lines: [], ids: [], size: 0 }
      current.partitions.set(partition, gathered)
    }
    gathered.lines.push(line)
    gathered.ids.push(row.id)
    gathered.size += line.length + 1
    return current.done
  }

  return {
    async write(rows) {
      let last: Promise<void> | null = null
      const all: Promise<void>[] = []
      for (const row of rows) {
        const done = take(row)
        if (done !== last) all.push(done)
        last = done
      }
      // Both failures are one answer; the second must not go unheard.
      await Promise.all(all)
    },
    async drain() {
      flush()
      await Promise.allSettled(underWay)
    },
  }
}
