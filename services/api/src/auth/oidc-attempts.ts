import { HttpProblem, hashToken } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'

/** A sign-in that has begun at the issuer and not yet come back. */
export interface Attempt {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

interface AttemptDocument extends Attempt {
  readonly expiresAt: number
}

export interface Attempts {
  /** @throws HttpProblem 503 when too many attempts are open */
  put(id: string, attempt: Attempt): Promise<void>
  /** Returns and deletes the attempt; null when it is unknown, used or expired. */
  redeem(id: string): Promise<Attempt | null>
}

const ATTEMPTS = 'access/oidc/'
export const ATTEMPT_MS = 10 * 60_000
const PRUNE_MS = 60_000
const MAX_OPEN = 5_000

/** The open attempts in the state store, a bounded number of them. */
export function createAttempts({ state, now }: { readonly state: StateStore; readonly now: () => number }): Attempts {
  let prunedAt = Number.NEGATIVE_INFINITY
  let open = 0

  /** Runs once a minute, so that the cost of an attempt does not grow with their number. */
  async function prune(): Promise<void> {
    if (now() - prunedAt < PRUNE_MS) return
    prunedAt = now()
    const attempts = await state.list<AttemptDocument>(ATTEMPTS)
    const expired = attempts.filter(({ value }) => value.expiresAt <= now())
    for (const { key } of expired) await state.delete(key)
    open = attempts.length - expired.length
  }

  return {
    async put(id, attempt) {
      await prune()
      if (open >= MAX_OPEN) throw new HttpProblem({ status: 503, detail: 'Too many sign-ins are under way.' }, { 'retry-after': '60' })
      open++
      const document: AttemptDocument = { ...attempt, expiresAt: now() + ATTEMPT_MS }
      await state.put(ATTEMPTS + hashToken(id), document)
    },
    async redeem(id) {
      const key = ATTEMPTS + hashToken(id)
      const found = await state.get<AttemptDocument>(key)
      if (!found || found.value.expiresAt <= now()) return null
      await state.delete(key)
      return found.value
    },
  }
}
