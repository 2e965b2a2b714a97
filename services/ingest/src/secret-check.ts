import type { EventLog } from '@northstar/event-log'
import { SECRET_HEADER, SecretChanged, secretFingerprint } from '@northstar/events'
import { StateConflict, type StateStore } from '@northstar/state'

const DOCUMENT = 'ingest/secret-fingerprint'

/**
 * Compares the secret with the newest records and with the state store, since either may have been lost.
 * @throws {@link SecretChanged}
 */
export async function checkSecret(
  secret: Uint8Array,
  { log, state }: { readonly log: EventLog; readonly state: StateStore },
): Promise<void> {
  const found = secretFingerprint(secret)
  for (const expected of [await ofLog(log), await ofState(state, found)]) {
    if (expected !== null && expected !== found) throw new SecretChanged(expected, found)
  }
}

async function ofLog(log: EventLog): Promise<string | null> {
  for (const { partition, earliest, next } of await log.bounds()) {
    if (next === earliest) continue
    for await (const { headers } of log.scan(partition, { offset: next - 1 })) {
      const mark = headers[SECRET_HEADER]
      if (mark !== undefined) return Buffer.from(mark).toString('latin1')
    }
  }
  return null
}

/** The first process of an installation stores its fingerprint. */
async function ofState(state: StateStore, own: string): Promise<string | null> {
  try {
    await state.put(DOCUMENT, own, { ifVersion: 0 })
  } catch (error) {
    if (!(error instanceof StateConflict)) throw error
  }
  return (await state.get<string>(DOCUMENT))?.value ?? null
}
