import { randomBytes } from 'node:crypto'
import { StateConflict, type StateStore } from '@northstar/state'

const KEY = 'ingest/pseudonym-key'

/**
 * The secret under which user and session ids become pseudonyms: made once for a product and kept in the state, so that all ingest
 * processes agree. Whoever deletes it cuts every pseudonym from its person for good, and makes every user a new one.
 */
export async function ensurePseudonymKey(state: StateStore): Promise<Uint8Array> {
  const made = randomBytes(32).toString('base64')
  try {
    await state.put(KEY, made, { ifVersion: 0 })
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error
  }
  const found = await state.get<string>(KEY)
  return Buffer.from(found?.value ?? made, 'base64')
}
