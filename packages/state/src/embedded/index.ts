import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createDiskReserve } from '@northstar/runtime/disk'
import { open } from 'lmdb'
import { assertKey, type Document, type Lease, type PutOptions, StateConflict, type StateStore, StateUnavailable } from '../port.ts'

export interface EmbeddedStateConfig {
  /** The folder of the file; made when absent. One process at a time. */
  readonly path: string
}

interface StoredDocument {
  readonly version: number
  readonly value: unknown
}

interface StoredLease {
  readonly holder: string
  readonly token: number
  /** Epoch ms. */
  readonly expiresAt: number
}

/** One sequence gives versions and tokens: none is ever given twice, not even to a key that was deleted in between. */
const SEQUENCE = 'sequence'

const fileIn = (folder: string) => join(folder, 'state.mdb')

/** Opens the state in an LMDB file. What `put` has resolved for survives a crash of the machine. */
export function openEmbeddedState(config: EmbeddedStateConfig, deps: { readonly now: () => number } = { now: Date.now }): StateStore {
  mkdirSync(config.path, { recursive: true })
  const root = open({ path: fileIn(config.path), encoding: 'json', maxDbs: 3 })
  const documents = root.openDB<StoredDocument, string>({ name: 'documents', encoding: 'json' })
  const leases = root.openDB<StoredLease, string>({ name: 'leases', encoding: 'json' })
  const sequence = root.openDB<number, string>({ name: 'sequence', encoding: 'json' })
  const reserve = createDiskReserve(config.path, 'stores')
  let closed = false

  /** Runs `work` as one transaction and waits until it is on disk. What it throws leaves nothing behind. */
  async function write<T>(work: () => T): Promise<T> {
    if (closed) throw new StateUnavailable('it is closed')
    const shortage = reserve.shortage()
    if (shortage) throw new StateUnavailable(shortage)
    // Results travel as values: an exception within LMDB's batch would be hard to tell from its own.
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
  }

  function nextNumber(): number {
    const next = (sequence.get(SEQUENCE) ?? 0) + 1
    sequence.putSync(SEQUENCE, next)
    return next
  }

  /** Checks come before the first write of a transaction, so that a refusal has changed nothing. */
  function assertAllowed(key: string, options: PutOptions): void {
    if (options.ifVersion !== undefined && (documents.get(key)?.version ?? 0) !== options.ifVersion) throw new StateConflict(key)
    if (options.lease && leases.get(options.lease.name)?.token !== options.lease.token) throw new StateConflict(key)
  }

  function leaseOf(name: string, holder: string, token: number, ttlMs: number): Lease {
    const isOurs = () => leases.get(name)?.token === token
    return {
      token,
      renew: () =>
        write(() => {
          if (!isOurs()) return false
          leases.putSync(name, { holder, token, expiresAt: deps.now() + ttlMs })
          return true
        }),
      release: () =>
        write(() => {
          if (isOurs()) leases.putSync(name, { holder, token, expiresAt: 0 })
        }),
    }
  }

  return {
    async get<T>(key: string) {
      assertKey(key)
      if (closed) throw new StateUnavailable('it is closed')
      const found = documents.get(key)
      return found ? ({ key, ...found } as Document<T>) : null
    },
    async list<T>(prefix: string) {
      if (closed) throw new StateUnavailable('it is closed')
      const found: Document<T>[] = []
      for (const { key, value } of documents.getRange({ start: prefix })) {
        if (!key.startsWith(prefix)) break
        found.push({ key, ...value } as Document<T>)
      }
      return found
    },
    async put(key, value, options = {}) {
      assertKey(key)
      return write(() => {
        assertAllowed(key, options)
        const version = nextNumber()
        documents.putSync(key, { version, value })
        return version
      })
    },
    async delete(key, options = {}) {
      assertKey(key)
      await write(() => {
        assertAllowed(key, options)
        documents.removeSync(key)
      })
    },
    async write(changes, options = {}) {
      for (const { key } of changes) assertKey(key)
      await write(() => {
        assertAllowed(options.lease?.name ?? '', options)
        for (const { key, value } of changes) {
          if (value === undefined) documents.removeSync(key)
          else documents.putSync(key, { version: nextNumber(), value })
        }
      })
    },
    async acquire(name, holder, ttlMs) {
      assertKey(name)
      return write(() => {
        const held = leases.get(name)
        const now = deps.now()
        if (held && held.holder !== holder && held.expiresAt > now) return null
        const token = nextNumber()
        leases.putSync(name, { holder, token, expiresAt: now + ttlMs })
        return leaseOf(name, holder, token, ttlMs)
      })
    },
    async health() {
      const trouble = closed ? 'it is closed' : reserve.shortage()
      return trouble ? { healthy: false, reason: trouble } : { healthy: true, reason: 'the file is open' }
    },
    async copyTo(folder) {
      mkdirSync(folder, { recursive: true })
      await root.backup(fileIn(folder), true)
    },
    async close() {
      if (closed) return
      closed = true
      await root.flushed
      await root.close()
    },
  }
}
