import type { Column, TrackingPlan } from '@northstar/catalogue'
import { type EventLog, type LogRecord, LogUnavailable } from '@northstar/event-log'
import {
  BlockWriter,
  type EventDraft,
  encodeQuarantine,
  encodeRecord,
  type Identities,
  partitionOf,
  planFingerprint,
  QUARANTINE_COLUMNS,
} from '@northstar/events'
import { withTimeout } from '@northstar/runtime'

export interface RecordWriterConfig {
  readonly flushMs: number
  readonly gatherMs: number
  readonly recordBytes: number
  readonly appendTimeoutMs: number
}

export interface RecordWriter {
  /**
   * Adds an accepted or quarantined event synchronously. The promise resolves when the event is durable and rejects when it may not be;
   * events that are flushed together share it.
   */
  add(event: EventDraft, identities: Identities): Promise<void>
  /** Flushes the rows and waits for every append. */
  drain(): Promise<void>
}

export interface RecordWriterDeps {
  readonly log: Pick<EventLog, 'append'>
  readonly partitions: () => number
  /** The plan that the events were validated against. */
  readonly plan: TrackingPlan
  /** Called with the duration of each append, seconds. */
  readonly onAppended: (seconds: number) => void
}

/**
 * Gathers the events of many requests into one record for each partition, and appends the records after a few milliseconds or when one is
 * full: a record of a hundred events costs the log an eighth of a hundred records. During an append events gather for longer, so that
 * records are large under load and a lone request is not delayed.
 */
export function createRecordWriter(config: RecordWriterConfig, deps: RecordWriterDeps): RecordWriter {
  const { log } = deps
  const { columns } = deps.plan
  const plan = planFingerprint(deps.plan)
  const writers: BlockWriter[] = []
  const quarantine: BlockWriter[] = []
  const unsettled = new Set<Promise<void>>()
  let current: Flush | null = null
  let timer: NodeJS.Timeout | undefined
  let appending = 0
  /** The rows have gathered for `flushMs` and wait for the end of an append. */
  let due = false

  function open(): Flush {
    const opened = createFlush()
    const { done } = opened
    unsettled.add(done)
    const remove = () => unsettled.delete(done)
    done.then(remove, remove)
    timer = setTimeout(flushWhenFree, config.flushMs)
    return opened
  }

  function flushWhenFree(): void {
    due = appending > 0
    if (due) timer = setTimeout(flush, config.gatherMs - config.flushMs)
    else flush()
  }

  function flush(): void {
    if (current === null) return
    const { resolve } = current
    current = null
    due = false
    clearTimeout(timer)
    const records: LogRecord[] = []
    writers.forEach((writer, partition) => {
      if (writer.rows > 0) records.push({ partition, ...encodeRecord(writer.take(), plan) })
    })
    quarantine.forEach((writer, partition) => {
      if (writer.rows > 0) records.push({ partition, ...encodeQuarantine(writer.take()) })
    })
    resolve(append(records))
  }

  async function append(records: readonly LogRecord[]): Promise<void> {
    const start = performance.now()
    appending++
    const late = () => new LogUnavailable(`the append took longer than ${config.appendTimeoutMs} ms`)
    try {
      await withTimeout(config.appendTimeoutMs, log.append(records), late)
    } finally {
      appending--
      if (due) flush()
      deps.onAppended((performance.now() - start) / 1000)
    }
  }

  return {
    add(event, identities) {
      const identity = identities.of(event.user, event.id)
      const partition = partitionOf(event.user, identity, deps.partitions())
      const isQuarantined = event.quarantined !== null
      const writer = isQuarantined ? writerOf(quarantine, partition, QUARANTINE_COLUMNS) : writerOf(writers, partition, columns)
      current ??= open()
      const { done } = current
      if (isQuarantined) event.writeQuarantinedTo(writer, identity)
      else event.writeTo(writer, identity)
      if (writer.size >= config.recordBytes) flush()
      return done
    },
    async drain() {
      flush()
      await Promise.allSettled(unsettled)
    },
  }
}

/** Events that are appended together. */
interface Flush {
  readonly done: Promise<void>
  readonly resolve: (appended: Promise<void>) => void
}

function createFlush(): Flush {
  let resolve: Flush['resolve'] = () => {}
  const done = new Promise<void>(r => {
    resolve = r
  })
  return { done, resolve }
}

function writerOf(writers: BlockWriter[], partition: number, columns: readonly Column[]): BlockWriter {
  while (writers.length <= partition) writers.push(new BlockWriter(columns))
  return writers[partition] as BlockWriter
}
