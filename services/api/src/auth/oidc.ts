import { cookieOf, type FastifyReply, type FastifyRequest, HttpProblem, type OidcSettings, rightsOfClaims } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import * as client from 'openid-client'
import { ATTEMPT_MS, type Attempt, createAttempts } from './oidc-attempts.ts'

const COOKIE = 'northstar_oidc'
const NOT_CONFIRMED = 'The sign-in service did not confirm your identity.'

export interface OidcDeps {
  readonly state: StateStore
  readonly now: () => number
  readonly isSecure: (request: FastifyRequest) => boolean
  /** The origin of this server for browsers: `https://host`. */
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
  const { isSecure, originOf } = deps
  const discover = createDiscovery(config)
  const attempts = createAttempts(deps)

  const redirectUri = (request: FastifyRequest) => `${originOf(request)}/v1/session/oidc/callback`

  const cookie = (request: FastifyRequest, value: string, seconds: number) =>
    // Lax, since the issuer's page redirects here. Without the authorization code the cookie is useless.
    `${COOKIE}=${value}; Path=/v1/session/oidc; Max-Age=${seconds}; HttpOnly; SameSite=Lax${isSecure(request) ? '; Secure' : ''}`

  return {
    /** Redirects the browser to the issuer. @throws HttpProblem 503 */
    async begin(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const configuration = await discover()
      const attempt: Attempt = { verifier: client.randomPKCECodeVerifier(), state: client.randomState(), nonce: client.randomNonce() }
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri(request),
        scope: config.scope,
        code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
        state: attempt.state,
        nonce: attempt.nonce,
      })
      reply.header('set-cookie', cookie(request, await attempts.seal(attempt), ATTEMPT_MS / 1_000)).redirect(url.href, 303)
    },

    /** Completes the sign-in. @throws HttpProblem 401 when the issuer does not confirm the identity, 403 without a role, 503 */
    async finish(request: FastifyRequest, reply: FastifyReply): Promise<OidcPerson> {
      const attempt = await attempts.open(cookieOf(request, COOKIE) ?? '')
      // An attempt is used once, whatever its result.
      reply.header('set-cookie', cookie(request, '', 0))
      if (!attempt) throw unauthorized('This sign-in has expired or was started in another browser. Please try again.')
      const url = new URL(request.url, redirectUri(request))
      return personOf(await claimsOf(await discover(), url, attempt), config)
    },
  }
}

/** Reads the issuer's metadata at the first sign-in, so that the server starts without the issuer. */
function createDiscovery(config: OidcSettings): () => Promise<client.Configuration> {
  let discovering: Promise<client.Configuration> | undefined
  return () => {
    discovering ??= client
      .discovery(
        new URL(config.issuer),
        config.clientId,
        config.clientSecret,
        config.clientSecret === undefined ? client.None() : undefined,
        // Plain http is allowed for an issuer on this machine only.
        isLoopback(config.issuer) ? { execute: [client.allowInsecureRequests] } : {},
      )
      .then(configuration => {
        // Also checks the signature of ID tokens with the issuer's keys.
        client.enableNonRepudiationChecks(configuration)
        return configuration
      })
      .catch(error => {
        discovering = undefined
        throw new HttpProblem({ status: 503, detail: 'The sign-in service is unavailable.' }, { 'retry-after': '10' }, { cause: error })
      })
    return discovering
  }
}

async function claimsOf(configuration: client.Configuration, url: URL, { verifier, state, nonce }: Attempt): Promise<client.IDToken> {
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true }
  const tokens = await client.authorizationCodeGrant(configuration, url, checks).catch(cause => {
    throw unauthorized(NOT_CONFIRMED, cause)
  })
  const claims = tokens.claims()
  if (!claims) throw unauthorized(NOT_CONFIRMED)
  return claims
}

function personOf(claims: client.IDToken, config: OidcSettings): OidcPerson {
  const values = [claims[config.roleClaim]].flat().filter(value => typeof value === 'string')
  if (rightsOfClaims(values, config) === null)
    throw new HttpProblem({ status: 403, code: 'no_role', detail: 'You have signed in, but you have no role here.' })
  const name = [claims.preferred_username, claims.email, claims.name].find(text => typeof text === 'string')
  return { subject: claims.sub, name: String(name ?? claims.sub).slice(0, 200), values }
}

const unauthorized = (detail: string, cause?: unknown) => new HttpProblem({ status: 401, code: 'sign_in', detail }, {}, { cause })

const isLoopback = (url: string) => ['localhost', '127.0.0.1', '[::1]'].includes(new URL(url).hostname)
