import { mkdirSync } from 'node:fs'
import { createDiskReserve } from '@northstar/runtime/disk'
import { CountersUnavailable } from '../port.ts'
import { Store } from './store.ts'

export interface GuardedStore {
  read<T>(work: (store: Store) => T): Promise<T>
  /** Runs `work` as one transaction. */
  write<T>(work: (store: Store) => T): Promise<T>
  /** Replaces the file by a copy without some partitions. Writes wait meanwhile, since they would be lost with the old file. */
  removePartitions(partitions: ReadonlySet<number>): Promise<void>
  copyTo(folder: string): Promise<void>
  /** The reason why the counters are unhealthy; null if they are healthy. */
  problem(): string | null
  close(): Promise<void>
}

/**
 * Opens the store. All of its failures are CountersUnavailable.
 * @param onLost called if written data may be missing: of some partitions, or of all after a failed transaction
 */
export function openGuardedStore(folder: string, onLost: (partitions?: ReadonlySet<number>) => void): GuardedStore {
  let store = new Store(folder)
  const reserve = createDiskReserve(folder, 'stores')
  const writing = new Set<Promise<unknown>>()
  /** Set while the file is being replaced. */
  let replacing: Promise<void> | undefined
  let failure: string | null = null
  let closed = false

  return {
    read(work) {
      if (closed) return Promise.reject(new CountersUnavailable('they are closed'))
      try {
        return Promise.resolve(work(store))
      } catch (error) {
        return Promise.reject(new CountersUnavailable('the file cannot be read', { cause: error }))
      }
    },

    async write(work) {
      if (closed) throw new CountersUnavailable('they are closed')
      const shortage = reserve.shortage()
      if (shortage) throw new CountersUnavailable(shortage)
      while (replacing !== undefined) await replacing
      const written = store.root.childTransaction(() => work(store))
      writing.add(written)
      try {
        const result = await written
        failure = null
        return result
      } catch (error) {
        failure = 'the last write to the counters failed'
        store.forgetCached()
        onLost()
        throw new CountersUnavailable('the file cannot be written', { cause: error })
      } finally {
        writing.delete(written)
      }
    },

    async removePartitions(partitions) {
      while (replacing !== undefined) await replacing
      let release = () => {}
      replacing = new Promise(resolve => {
        release = resolve
      })
      try {
        await Promise.allSettled(writing)
        store = await store.without(partitions)
        onLost(partitions)
      } catch (error) {
        throw new CountersUnavailable('the file cannot be replaced', { cause: error })
      } finally {
        replacing = undefined
        release()
      }
    },

    async copyTo(target) {
      mkdirSync(target, { recursive: true })
      await store.root.backup(target, true)
    },

    problem: () => (closed ? 'the counters are closed' : (reserve.shortage() ?? failure)),

    async close() {
      if (closed) return
      closed = true
      await store.root.flushed
      await store.root.close()
    },
  }
}
