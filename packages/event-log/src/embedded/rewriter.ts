import { setImmediate as nextTurn } from 'node:timers/promises'
import { type EventLog, LogUnavailable, type StoredRecord } from '../port.ts'
import type { Partition } from './partition.ts'
import type { Store, Successor } from './store.ts'

/** Number of bytes copied in one turn of the event loop. */
const CHUNK_BYTES = 2 * 1024 * 1024

type Rewrite = NonNullable<EventLog['rewrite']>

/** Writes pass through a gate, which keeps them waiting while it is closed. */
export interface Gate {
  /** Runs a write, after waiting until the gate is open. */
  pass<T>(write: () => Promise<T>): Promise<T>
  /** Stops further writes until `open` is called. Resolves once all running writes have settled. */
  close(): Promise<void>
  open(): void
}

export function createGate(): Gate {
  const writing = new Set<Promise<unknown>>()
  let closed: { readonly until: Promise<void>; readonly open: () => void } | undefined
  return {
    async pass(write) {
      while (closed) await closed.until
      const written = write()
      writing.add(written)
      try {
        return await written
      } finally {
        writing.delete(written)
      }
    },
    async close() {
      let open = () => {}
      const until = new Promise<void>(resolve => {
        open = resolve
      })
      closed = { until, open }
      await Promise.allSettled(writing)
    },
    open() {
      closed?.open()
      closed = undefined
    },
  }
}

/** Rewrites a log. Its records are copied while appends continue; then the gate is closed and the records appended meanwhile are copied. */
export function createRewriter(store: Store, partitions: readonly Partition[], gate: Gate) {
  let running = false

  async function rewrite(replace: Parameters<Rewrite>[0]): Promise<void> {
    if (running) throw new LogUnavailable('it is already being rewritten')
    running = true
    const successor = store.successor()
    const copies = partitions.map(partition => createCopy(partition, replace, successor))
    try {
      for (const copy of copies) await copy.copyNew()
      await gate.close()
      for (const copy of copies) await copy.copyNew()
      await successor.replace()
      for (const [index, partition] of partitions.entries()) partition.replaced(copies[index]?.bytes() ?? 0)
    } catch (error) {
      await successor.abandon()
      throw new LogUnavailable('it could not be rewritten', { cause: error })
    } finally {
      running = false
      gate.open()
    }
  }

  return { rewrite, isRunning: () => running }
}

/** Copies a partition into the successor of its file, beginning with the oldest record. */
function createCopy(partition: Partition, replace: Parameters<Rewrite>[0], successor: Pick<Successor, 'put'>) {
  const source = partition.source(partition.bounds().earliest)
  const replaced = (record: StoredRecord): StoredRecord => ({ ...record, ...replace(record) })
  let bytes = 0
  return {
    /** Copies the records that were appended since the last call. */
    async copyNew(): Promise<void> {
      for (;;) {
        const { next } = partition.bounds()
        if (source.position() >= next) return
        bytes += await successor.put(source.take(CHUNK_BYTES, next, true).records.map(replaced))
        await nextTurn()
      }
    },
    /** Size of the copied records in the file. */
    bytes: () => bytes,
  }
}
