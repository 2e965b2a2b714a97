import { createHmac, timingSafeEqual } from 'node:crypto'
import { type Document, StateConflict, type StateStore } from './port.ts'

/** A stored document: its JSON, and the seal over its key and its JSON. */
interface Sealed {
  readonly text: string
  readonly seal: string
}

/**
 * Seals the documents below the prefixes with a key that the store does not have: a document that was written without it, or moved to another
 * key, is read as absent, and can be created again. Other documents are unchanged.
 */
export function sealDocuments(
  state: StateStore,
  secret: Uint8Array,
  prefixes: readonly string[],
  onBroken: (key: string) => void,
): StateStore {
  const sealKey = createHmac('sha256', secret).update('northstar documents that grant access').digest()
  const isSealed = (key: string) => prefixes.some(prefix => key.startsWith(prefix))
  const sealOf = (key: string, text: string) => createHmac('sha256', sealKey).update(`${key}\0${text}`).digest('base64url')

  function open<T>(document: Document<unknown>): Document<T> | null {
    const { text, seal } = (document.value ?? {}) as Partial<Sealed>
    if (typeof text === 'string' && typeof seal === 'string') {
      const [given, expected] = [Buffer.from(seal), Buffer.from(sealOf(document.key, text))]
      if (given.length === expected.length && timingSafeEqual(given, expected)) return { ...document, value: JSON.parse(text) as T }
    }
    onBroken(document.key)
    return null
  }

  function sealed(key: string, value: unknown): unknown {
    if (!isSealed(key)) return value
    const text = JSON.stringify(value)
    return { text, seal: sealOf(key, text) } satisfies Sealed
  }

  return {
    ...state,
    async get<T>(key: string) {
      const found = await state.get<T>(key)
      return found && isSealed(key) ? open<T>(found) : found
    },
    async list<T>(prefix: string) {
      const found = await state.list<T>(prefix)
      return found.flatMap(document => {
        const opened = isSealed(document.key) ? open<T>(document) : document
        return opened ? [opened] : []
      })
    },
    async put(key, value, options) {
      try {
        return await state.put(key, sealed(key, value), options)
      } catch (error) {
        if (!(error instanceof StateConflict && options?.ifVersion === 0 && isSealed(key))) throw error
        // A document that is read as absent can be created.
        const found = await state.get(key)
        if (!found || open(found)) throw error
        return state.put(key, sealed(key, value), { ...options, ifVersion: found.version })
      }
    },
    write: (changes, options) =>
      state.write(
        changes.map(({ key, value }) => ({ key, value: value === undefined ? undefined : sealed(key, value) })),
        options,
      ),
  }
}
