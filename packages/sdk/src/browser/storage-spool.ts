import { LOCK_MS, type Pause, type Spool, type SpooledBatch, upTo } from '../spool.ts'
import type { KeyValueStore } from './scope.ts'

/** A spool in a page's storage. Each event has its own entry, so that several open pages need no lock. */
export function createStorageSpool(
  storage: KeyValueStore,
  prefix: string,
  maxBytes: number,
  deps: { readonly now: () => number; readonly uuid: () => string },
): Spool {
  const events = `${prefix}event.`
  const keys = (): readonly string[] =>
    Array.from({ length: storage.length }, (_, i) => storage.key(i) ?? '')
      .filter(key => key.startsWith(events))
      .sort()
  const batches = (): readonly SpooledBatch[] =>
    keys().flatMap(id => {
      const line = storage.getItem(id)
      return line === null ? [] : [{ id, lines: [line] }]
    })
  const size = () => batches().reduce((sum, { lines: [line = ''] }) => sum + line.length, 0)
  let used: number | null = null

  const set = (key: string, value: string): boolean => {
    try {
      storage.setItem(key, value)
      return true
    } catch {
      return false
    }
  }

  return {
    add(line) {
      used ??= size()
      if (used + line.length > maxBytes) used = size()
      if (used + line.length > maxBytes) return false
      used += line.length
      return set(`${events}${deps.now().toString(36).padStart(9, '0')}.${deps.uuid()}`, line)
    },
    seal() {},
    read: bytes => upTo(batches(), bytes),
    remove(done) {
      for (const { id } of done) storage.removeItem(id)
      used = null
      return true
    },
    list: () => batches().flatMap(({ lines }) => lines),
    clear() {
      for (const key of keys()) storage.removeItem(key)
      used = null
    },
    lock() {
      const key = `${prefix}lock`
      const until = Number(storage.getItem(key) ?? 0)
      if (until > deps.now() && until <= deps.now() + LOCK_MS) return null
      const renew = () => void set(key, String(deps.now() + LOCK_MS))
      renew()
      return { renew, handTo() {}, release: () => storage.removeItem(key) }
    },
    pause() {
      try {
        return JSON.parse(storage.getItem(`${prefix}pause`) ?? 'null') as Pause | null
      } catch {
        return null
      }
    },
    setPause(pause) {
      if (pause === null) storage.removeItem(`${prefix}pause`)
      else set(`${prefix}pause`, JSON.stringify(pause))
    },
  }
}
