import type { EventLog } from '@northstar/event-log'
import { SECRET_HEADER, SecretChanged, secretFingerprint } from '@northstar/events'
import { type Component, createFailure, isRetryable } from '@northstar/runtime'
import { putIfAbsent, type StateStore } from '@northstar/state'

const DOCUMENT = 'ingest/secret-fingerprint'
const RETRY_MS = 1_000

export interface SecretCheckDeps {
  readonly secret: Uint8Array
  readonly log: EventLog
  readonly state: StateStore
  /** The process publishes events, so it does not start before both stores have answered. */
  readonly publishes: boolean
}

/**
 * Refuses to start with another secret than the stored events were hashed with. A process that publishes nothing starts without its stores and
 * ends when they answer and the secret differs.
 */
export function createSecretCheck({ secret, log, state, publishes }: SecretCheckDeps): Component {
  let timer: NodeJS.Timeout | undefined
  const { failed, fail } = createFailure()

  async function check(): Promise<void> {
    try {
      await checkSecret(secret, { log, state })
    } catch (error) {
      if (publishes || !isRetryable(error)) throw error
      timer = setTimeout(() => void check().catch(fail), RETRY_MS)
    }
  }

  return { name: 'secret', start: check, stop: async () => clearTimeout(timer), failed }
}

/**
 * Compares the secret with the newest records and with the state store, since either may have been lost.
 * @throws {@link SecretChanged}
 */
async function checkSecret(secret: Uint8Array, { log, state }: Pick<SecretCheckDeps, 'log' | 'state'>): Promise<void> {
  const found = secretFingerprint(secret)
  const compare = (expected: string | null) => {
    if (expected !== null && expected !== found) throw new SecretChanged(expected, found)
  }
  // The log is compared first: a wrong secret must not be stored in an empty state store, where it would exclude the right one.
  compare(await ofLog(log))
  // The first process of an installation stores its fingerprint.
  compare(await putIfAbsent(state, DOCUMENT, found))
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
