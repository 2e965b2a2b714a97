import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createDiskReserve } from '@northstar/runtime/disk'
import { open } from 'lmdb'
import { StateUnavailable } from '../port.ts'

interface StoredDocument {
  readonly version: number
  readonly value: unknown
}

interface StoredLease {
  readonly holder: string
  readonly token: number
  /** Epoch ms. */
  readonly expiresAt: number
  readonly ttlMs: number
}

export type StateFile = ReturnType<typeof openStateFile>

/** The only key of the table `sequence`. */
const SEQUENCE = 'sequence'

const fileIn = (folder: string) => join(folder, 'state.mdb')

/** The LMDB file: its tables, and transactions that are on disk when they resolve. */
export function openStateFile(folder: string) {
  mkdirSync(folder, { recursive: true })
  const root = open({ path: fileIn(folder), encoding: 'json', maxDbs: 3 })
  const sequence = root.openDB<number, string>({ name: 'sequence', encoding: 'json' })
  const reserve = createDiskReserve(folder, 'stores')
  let closed = false

  function assertOpen(): void {
    if (closed) throw new StateUnavailable('it is closed')
  }

  return {
    documents: root.openDB<StoredDocument, string>({ name: 'documents', encoding: 'json' }),
    leases: root.openDB<StoredLease, string>({ name: 'leases', encoding: 'json' }),
    assertOpen,

    /** Runs `work` as one transaction and waits until it is on disk. `work` must throw before its first write or not at all. */
    async write<T>(work: () => T): Promise<T> {
      assertOpen()
      const shortage = reserve.shortage()
      if (shortage) throw new StateUnavailable(shortage)
      // Errors of `work` are returned as values, to distinguish them from errors of LMDB.
      const done = await root.transaction(() => {
        try {
          return { result: work() }
        } catch (error) {
          return { error }
        }
      })
      if ('error' in done) throw done.error
      await root.flushed
      return done.result
    },

    /** The next version or token, within a transaction. All keys share one sequence, so that a version is never reused after a delete. */
    nextNumber(): number {
      const next = (sequence.get(SEQUENCE) ?? 0) + 1
      sequence.putSync(SEQUENCE, next)
      return next
    },

    /** The reason that nothing can be written, or null. */
    problem: () => (closed ? 'it is closed' : reserve.shortage()),

    async copyTo(target: string): Promise<void> {
      mkdirSync(target, { recursive: true })
      await root.backup(fileIn(target), true)
    },

    async close(): Promise<void> {
      if (closed) return
      closed = true
      await root.flushed
      await root.close()
    },
  }
}
