import { randomBytes } from 'node:crypto'
import {
  cookieOf,
  type FastifyReply,
  type FastifyRequest,
  HttpProblem,
  hashToken,
  type OidcSettings,
  rightsOfClaims,
} from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import * as client from 'openid-client'

/** What begins at the issuer and comes back here. */
interface Attempt {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
  readonly expiresAt: number
}

const ATTEMPTS = 'access/oidc/'
const ATTEMPT_MS = 10 * 60_000
const COOKIE = 'northstar_oidc'
const PRUNE_MS = 60_000
/** Sign-ins that have begun and not come back. */
const MOST_OPEN = 5_000

export interface OidcDeps {
  readonly state: StateStore
  readonly now: () => number
  readonly isSecure: (request: FastifyRequest) => boolean
  /** `https://host`, as people's browsers know this server. */
  readonly originOf: (request: FastifyRequest) => string
}

export interface OidcPerson {
  readonly subject: string
  readonly name: string
  /** The values of the role claim. */
  readonly values: readonly string[]
}

/** The authorization code flow with PKCE, state and nonce. */
export function createOidc(config: OidcSettings, deps: OidcDeps) {
  const { state, now, isSecure, originOf } = deps
  let discovering: Promise<client.Configuration> | undefined
  let prunedAt = Number.NEGATIVE_INFINITY
  let open = 0

  /** The issuer is asked when it is first needed: while it is away, everything else works. */
  function discover(): Promise<client.Configuration> {
    discovering ??= client
      .discovery(
        new URL(config.issuer),
        config.clientId,
        config.clientSecret,
        config.clientSecret === undefined ? client.None() : undefined,
        // Plain http is for an issuer on this machine.
        isLoopback(config.issuer) ? { execute: [client.allowInsecureRequests] } : {},
      )
      .then(configuration => {
        // The signature of ID tokens is checked with the issuer's keys, besides the connection they came over.
        client.enableNonRepudiationChecks(configuration)
        return configuration
      })
      .catch(error => {
        discovering = undefined
        throw new HttpProblem({ status: 503, detail: 'The sign-in service does not answer.' }, { 'retry-after': '10' }, { cause: error })
      })
    return discovering
  }

  /** Reads the open attempts once a minute, so that the cost of an attempt does not grow with them, and bounds their number. */
  async function prune(): Promise<void> {
    if (now() - prunedAt >= PRUNE_MS) {
      prunedAt = now()
      const attempts = await state.list<Attempt>(ATTEMPTS)
      const over = attempts.filter(({ value }) => value.expiresAt <= now())
      for (const { key } of over) await state.delete(key)
      open = attempts.length - over.length
    }
    if (open >= MOST_OPEN) throw new HttpProblem({ status: 503, detail: 'Too many sign-ins are under way.' }, { 'retry-after': '60' })
    open++
  }

  const redirectUri = (request: FastifyRequest) => `${originOf(request)}/v1/session/oidc/callback`

  const cookie = (request: FastifyRequest, value: string, seconds: number) =>
    // Lax, since the issuer's page sends the browser back here; it is worth nothing without the code.
    `${COOKIE}=${value}; Path=/v1/session/oidc; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure(request) ? '; Secure' : ''}`

  return {
    async begin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const configuration = await discover()
      const id = randomBytes(24).toString('base64url')
      const attempt: Attempt = {
        verifier: client.randomPKCECodeVerifier(),
        state: client.randomState(),
        nonce: client.randomNonce(),
        expiresAt: now() + ATTEMPT_MS,
      }
      await prune()
      await state.put(ATTEMPTS + hashToken(id), attempt)
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri(request),
        scope: config.scope,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        state: attempt.state,
        nonce: attempt.nonce,
      })
      reply.header('set-cookie', cookie(request, id, ATTEMPT_MS / 1_000)).redirect(url.href, 303)
    },

    /** Who came back. @throws HttpProblem 401 where the issuer did not vouch, 403 where the person has no role here */
    async finish(request: FastifyRequest): Promise<OidcPerson> {
      const id = cookieOf(request, COOKIE)
      const key = ATTEMPTS + hashToken(id ?? '')
      const attempt = id === undefined ? null : await state.get<Attempt>(key)
      if (!attempt || attempt.value.expiresAt <= now()) {
        throw new HttpProblem({
          status: 401,
          code: 'sign_in',
          detail: 'This sign-in is too old or was begun in another browser. Begin again.',
        })
      }
      await state.delete(key)
      const url = new URL(request.url, redirectUri(request))
      const { verifier, state: expectedState, nonce } = attempt.value
      const tokens = await client
        .authorizationCodeGrant(await discover(), url, {
          pkceCodeVerifier: verifier,
          expectedState,
          expectedNonce: nonce,
          idTokenExpected: true,
        })
        .catch((error: unknown) => {
          if (error instanceof HttpProblem) throw error
          throw new HttpProblem(
            { status: 401, code: 'sign_in', detail: 'The sign-in service did not vouch for you.' },
            {},
            { cause: error },
          )
        })
      const claims = tokens.claims()
      const values = [claims?.[config.roleClaim]].flat().filter(value => typeof value === 'string')
      if (!claims || rightsOfClaims(values, config) === null)
        throw new HttpProblem({ status: 403, code: 'no_role', detail: 'You are known, but have no role here.' })
      const name = [claims.preferred_username, claims.email, claims.name].find(text => typeof text === 'string')
      return { subject: claims.sub, name: String(name ?? claims.sub).slice(0, 200), values }
    },
  }
}

const isLoopback = (url: string) => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
