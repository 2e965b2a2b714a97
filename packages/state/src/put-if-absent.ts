import { StateConflict, type StateStore } from './port.ts'

/** Stores a value unless the key has one already. Returns the stored value, which is that of the first writer. */
export async function putIfAbsent<T>(state: Pick<StateStore, 'get' | 'put'>, key: string, value: T): Promise<T> {
  try {
    await state.put(key, value, { ifVersion: 0 })
    return value
  } catch (error) {
    const found = error instanceof StateConflict ? await state.get<T>(key) : null
    if (!found) throw error
    return found.value
  }
}
