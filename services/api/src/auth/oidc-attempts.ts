import type { StateStore } from '@northstar/state'
import { createSealedCookie } from './sealed-cookie.ts'

/** A sign-in that has begun at the issuer and has not been completed. */
export interface Attempt {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

export interface Attempts {
  /** The attempt as the value of a cookie. */
  seal(attempt: Attempt): Promise<string>
  /** Returns the attempt of a cookie; null if it is unknown or expired. */
  open(cookie: string): Promise<Attempt | null>
}

export const ATTEMPT_MS = 10 * 60_000

/** Attempts are stored in cookies, so that unfinished ones use no memory of the server. */
export function createAttempts({ state, now }: { readonly state: StateStore; readonly now: () => number }): Attempts {
  const sealed = createSealedCookie<Attempt & { readonly expiresAt: number }>(state)
  return {
    seal: attempt => sealed.seal({ ...attempt, expiresAt: now() + ATTEMPT_MS }),
    async open(cookie) {
      const attempt = await sealed.open(cookie)
      return attempt && attempt.expiresAt > now() ? attempt : null
    },
  }
}
