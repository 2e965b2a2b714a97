import { assertKey, type Document, isKey, type PutOptions, StateConflict, type StateStore } from '../port.ts'
import { createLeases } from './leases.ts'
import { openStateFile } from './state-file.ts'

export interface EmbeddedStateConfig {
  /** The folder of the file; created when absent. One process at a time. */
  readonly path: string
}

/** Opens the state in an LMDB file. A resolved `put` survives a crash of the machine. */
export function openEmbeddedState(config: EmbeddedStateConfig, deps: { readonly now: () => number } = { now: Date.now }): StateStore {
  const file = openStateFile(config.path)
  const { documents } = file
  const leases = createLeases(file, deps.now)

  /** Called before the first write of a transaction, so that a refusal changes nothing. */
  function assertAllowed(key: string, { ifVersion, lease }: PutOptions): void {
    if (ifVersion !== undefined && (documents.get(key)?.version ?? 0) !== ifVersion) throw new StateConflict(key)
    if (lease && !leases.isCurrent(lease.name, lease.token)) throw new StateConflict(key)
  }

  return {
    async get<T>(key: string) {
      file.assertOpen()
      if (!isKey(key)) return null
      const found = documents.get(key)
      return found ? ({ key, ...found } as Document<T>) : null
    },
    async list<T>(prefix: string) {
      file.assertOpen()
      const found: Document<T>[] = []
      for (const { key, value } of documents.getRange({ start: prefix })) {
        if (!key.startsWith(prefix)) break
        found.push({ key, ...value } as Document<T>)
      }
      return found
    },
    async put(key, value, options = {}) {
      assertKey(key)
      return file.write(() => {
        assertAllowed(key, options)
        const version = file.nextNumber()
        documents.putSync(key, { version, value })
        return version
      })
    },
    async delete(key, options = {}) {
      assertKey(key)
      await file.write(() => {
        assertAllowed(key, options)
        documents.removeSync(key)
      })
    },
    async write(changes, options = {}) {
      for (const { key } of changes) assertKey(key)
      await file.write(() => {
        assertAllowed(options.lease?.name ?? '', options)
        for (const { key, value } of changes) {
          if (value === undefined) documents.removeSync(key)
          else documents.putSync(key, { version: file.nextNumber(), value })
        }
      })
    },
    async acquire(name, holder, ttlMs) {
      assertKey(name)
      return leases.acquire(name, holder, ttlMs)
    },
    async health() {
      const problem = file.problem()
      return problem ? { healthy: false, reason: problem } : { healthy: true, reason: 'the file is open' }
    },
    copyTo: file.copyTo,
    close: file.close,
  }
}
