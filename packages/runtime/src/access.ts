import { type Access, includesRole } from '@northstar/http-api'
import type { FastifyRequest } from 'fastify'
import { csrfOf, hashToken, isOver, SESSIONS, type SessionDocument, type Subject } from './access-documents.ts'
import { createRights, type Rights } from './access-rights.ts'
import { isSame } from './constant-time.ts'
import { HttpProblem } from './http-problem.ts'
import { createOrigin, networkOf } from './request-origin.ts'
import type { OidcSettings } from './settings.ts'
import { createThrottle } from './throttle.ts'

/** The sender of a request. */
export interface Identity extends Rights {
  readonly via: 'token' | 'key' | 'session'
  readonly name: string
  readonly subject: Subject
  /** Set for a request with a session's cookie. */
  readonly session?: { readonly id: string; readonly key: string; readonly csrf: string; readonly expiresAt: number }
}

/** The part of the state store that access control needs. */
interface Documents {
  get<T>(key: string): Promise<{ readonly value: T; readonly version: number } | null>
  put(key: string, value: unknown, options?: { readonly ifVersion?: number }): Promise<number>
}

export interface AccessOptions {
  /** The token from the settings. */
  readonly adminToken?: string
  readonly documents: Documents
  /** Called for an unknown bearer token with the number of recent failures from its address. */
  readonly onUnknownToken?: (request: FastifyRequest, count: number) => void
  /** The address at which people reach the server, if browsers send another host name. */
  readonly publicUrl?: string
  /** Sign-in by an OpenID Connect issuer, in addition to token and password. */
  readonly oidc?: OidcSettings
  readonly now?: () => number
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS'])
const TOKEN = /^[\x21-\x7e]{1,512}$/
/** Tokens are long and random, so guesses are counted and recorded rather than delayed. */
const BEARER_WAIT_MS = 100
/** `lastUsedAt` of a session is written at most this often. */
const TOUCH_MS = 5 * 60_000

export type AccessControl = ReturnType<typeof createAccess>

/**
 * Identifies the caller of a request, by the admin token or a read key (`Authorization: Bearer`) or by a session's cookie, and enforces access.
 * Tokens are compared in constant time or looked up by their hash.
 */
export function createAccess(options: AccessOptions) {
  const { documents, now = Date.now } = options
  const throttle = createThrottle({ now })
  const rights = createRights(options, { documents })
  const origin = createOrigin(options.publicUrl)
  const signIn = ['token', 'password', ...(options.oidc ? ['oidc'] : [])]

  const cookieName = (request: FastifyRequest) => (origin.isSecure(request) ? '__Host-northstar_session' : 'northstar_session')

  async function identifyByToken(request: FastifyRequest, authorization: string): Promise<Identity | null> {
    const token = /^Bearer +(.+)$/i.exec(authorization)?.[1]
    if (token === undefined || !TOKEN.test(token)) return null
    const keys = [`bearer ${networkOf(request.ip)}`]
    await throttle.pass(keys, BEARER_WAIT_MS)
    const found = await rights.ofToken(token)
    if (!found) {
      const [count = 0] = throttle.failed(keys)
      options.onUnknownToken?.(request, count)
      return null
    }
    return { ...found, via: found.role === 'admin' ? 'token' : 'key' }
  }

  async function identifyBySession(request: FastifyRequest): Promise<Identity | null> {
    const token = cookieOf(request, cookieName(request))
    if (token === undefined) return null
    const key = SESSIONS + hashToken(token)
    const found = await documents.get<SessionDocument>(key)
    if (!found || isOver(found.value, now())) return null
    const granted = await rights.ofSession(found.value)
    const { id, name, expiresAt, subject, lastUsedAt } = found.value
    // Of two simultaneous requests one writes it. The request must not fail because the store is unavailable.
    if (Math.abs(now() - lastUsedAt) >= TOUCH_MS)
      await documents.put(key, { ...found.value, lastUsedAt: now() }, { ifVersion: found.version }).catch(() => {})
    return granted && { ...granted, via: 'session', name, subject, session: { id, key, csrf: csrfOf(token), expiresAt } }
  }

  /** Refuses requests of other sites: they can make a browser send the cookie, but neither the header nor this origin. */
  function assertOwnPage(request: FastifyRequest, csrf: string): void {
    const given = request.headers['x-csrf-token']
    if (origin.isOwn(request) && typeof given === 'string' && isSame(given, csrf)) return
    throw new HttpProblem({
      status: 403,
      code: 'csrf',
      detail: 'A change by a signed-in page must come from that page, and needs the header x-csrf-token with the value of GET /v1/session.',
    })
  }

  /** @throws HttpProblem 403 for a change that has a session's cookie only */
  async function identify(request: FastifyRequest): Promise<Identity | null> {
    const { authorization } = request.headers
    const identity = authorization === undefined ? await identifyBySession(request) : await identifyByToken(request, authorization)
    request.caller = identity
    if (identity?.session && !READING.has(request.method)) assertOwnPage(request, identity.session.csrf)
    return identity
  }

  /**
   * Checks a request against its route's access. Write keys are checked by ingest.
   * @throws HttpProblem 401 for an unknown caller, 403 for a role that does not include the needed one, and for another site's change
   */
  async function enforce(request: FastifyRequest, needed: Access): Promise<void> {
    if (needed === 'write key') return
    if (needed === 'anyone') {
      if (READING.has(request.method) || request.headers.origin === undefined || origin.isOwn(request)) return
      throw new HttpProblem({ status: 403, code: 'csrf', detail: 'This works from the server’s own page only.' })
    }
    const identity = await identify(request)
    if (!identity) {
      const detail = 'Sign in, or send a token: Authorization: Bearer TOKEN.'
      throw new HttpProblem({ status: 401, code: 'unauthenticated', detail, sign_in: signIn }, { 'www-authenticate': 'Bearer' })
    }
    if (!includesRole(identity.role, needed))
      throw new HttpProblem({ status: 403, code: 'forbidden', detail: `This needs the role ${needed}; yours is ${identity.role}.` })
  }

  return { identify, enforce, subjectOf: rights.ofToken, rightsOf: rights.ofSession, throttle, isSecure: origin.isSecure, cookieName }
}

/** The value of a cookie; undefined if it does not look like a token. */
export function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map(pair => pair.trim())
  const value = pairs.find(pair => pair.startsWith(`${name}=`))?.slice(name.length + 1)
  return value !== undefined && /^[\w-]{20,500}$/.test(value) ? value : undefined
}
