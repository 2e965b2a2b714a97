import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { type Access, includesRole, type Role } from '@northstar/http-api'
import type { FastifyRequest } from 'fastify'
import { HttpProblem } from './http-problem.ts'
import type { OidcSettings } from './settings.ts'
import { createThrottle } from './throttle.ts'

export type { Role } from '@northstar/http-api'

/** The document that holds the hash of the admin token where no setting gives one. */
export const ADMIN_TOKEN_DOCUMENT = 'access/admin-token'
/** Then the SHA-256 of the key, hex. */
export const READ_KEYS = 'access/keys/'
/** Then the SHA-256 of what the cookie holds, hex. */
export const SESSIONS = 'access/sessions/'
/** Then the user's name. */
export const USERS = 'access/users/'

export interface ReadKeyDocument {
  readonly id: string
  /** What people call it. */
  readonly name: string
  /** Epoch ms. */
  readonly createdAt: number
  readonly createdBy: string
}

export interface UserDocument {
  readonly name: string
  readonly role: Role
  /** Whether the person may see sensitive properties. */
  readonly sensitive?: boolean
  /** As `hashPassword` gives it; null until the person has chosen one. */
  readonly password: string | null
  readonly createdAt: number
  readonly createdBy: string
  /** Sessions begun earlier are over: the password or the role was changed. Epoch ms. */
  readonly sessionsFrom: number
}

/** The owner of a session. It ends with what it rests on: the token, the key, the user, or the issuer's claim. */
export type Subject =
  | { readonly kind: 'admin-token'; readonly hash: string }
  | { readonly kind: 'read-key'; readonly hash: string }
  | { readonly kind: 'user'; readonly name: string }
  /** `values` are those of the role claim at sign-in; the settings decide at each request what role they give. */
  | { readonly kind: 'oidc'; readonly issuer: string; readonly subject: string; readonly values: readonly string[] }

/** A subject as the audit log and the list of sessions name it: it cannot be chosen, other than a name. */
export function subjectText(subject: Subject): string {
  switch (subject.kind) {
    case 'admin-token':
      return 'admin token'
    case 'read-key':
      return `key ${subject.hash.slice(0, 12)}`
    case 'user':
      return `user ${subject.name}`
    case 'oidc':
      return `${subject.issuer} ${subject.subject}`
  }
}

export interface SessionDocument {
  readonly id: string
  readonly subject: Subject
  /** What people call its owner. */
  readonly name: string
  readonly createdAt: number
  readonly expiresAt: number
  /** Kept to a few minutes. A session that nobody uses ends. */
  readonly lastUsedAt: number
}

/** What a caller may do and see. */
export interface Rights {
  readonly role: Role
  /** Sensitive properties of the tracking plan, which no role includes: a right beside it, that the admin token has. */
  readonly sensitive: boolean
}

/** The sender of a request. */
export interface Identity extends Rights {
  readonly via: 'token' | 'key' | 'session'
  readonly name: string
  readonly subject: Subject
  /** Of a session. */
  readonly session?: { readonly id: string; readonly key: string; readonly csrf: string; readonly expiresAt: number }
}

/** The store's part that access control needs. */
interface Documents {
  get<T>(key: string): Promise<{ readonly value: T; readonly version: number } | null>
  put(key: string, value: unknown, options?: { readonly ifVersion?: number }): Promise<number>
}

export interface AccessOptions {
  /** The token from the settings. */
  readonly adminToken?: string
  readonly documents: Documents
  /** Called for a bearer token that is unknown, with how often its address has sent one lately. */
  readonly onUnknownToken?: (request: FastifyRequest, count: number) => void
  /** Where people reach the server, if not under the name that their browsers send. */
  readonly publicUrl?: string
  /** Where users may sign in besides by token and password. */
  readonly oidc?: OidcSettings
  readonly now?: () => number
}

export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** What a page must send in `x-csrf-token` beside the cookie: nothing that another site can know. */
export const csrfOf = (sessionToken: string): string => createHmac('sha256', sessionToken).update('csrf').digest('base64url')

const same = (one: string, other: string) => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const ALL_RIGHTS: Rights = { role: 'admin', sensitive: true }
const KEY_RIGHTS: Rights = { role: 'read', sensitive: false }

const READING = new Set(['GET', 'HEAD', 'OPTIONS'])
const TOKEN = /^[\x21-\x7e]{1,512}$/
/** A session ends when it was not used for so long. */
const IDLE_MS = 24 * 3_600_000
/** Tokens are long and random: guesses at them are counted and recorded rather than held up. */
const BEARER_WAIT_MS = 100
const TOUCH_MS = 5 * 60_000

export type AccessControl = ReturnType<typeof createAccess>

/**
 * The one place that decides what a request may do: by the admin token or a read key (`Authorization: Bearer`), or by a session's cookie.
 * Tokens are compared in constant time or looked up by their hash.
 */
export function createAccess(options: AccessOptions) {
  const { documents, now = Date.now } = options
  const throttle = createThrottle({ now })
  const signIn = ['token', 'password', ...(options.oidc ? ['oidc'] : [])]
  const fixed = options.adminToken ? hashToken(options.adminToken) : null
  const publicOrigin = options.publicUrl ? new URL(options.publicUrl).origin : null

  const adminHash = async () => fixed ?? (await documents.get<{ hash: string }>(ADMIN_TOKEN_DOCUMENT))?.value.hash ?? null

  /** What a token stands for, or null. */
  async function subjectOf(token: string): Promise<(Rights & { readonly name: string; readonly subject: Subject }) | null> {
    const hash = hashToken(token)
    const admin = await adminHash()
    if (admin !== null && same(hash, admin)) return { ...ALL_RIGHTS, name: 'admin', subject: { kind: 'admin-token', hash } }
    const key = await documents.get<ReadKeyDocument>(READ_KEYS + hash)
    return key && { ...KEY_RIGHTS, name: key.value.name, subject: { kind: 'read-key', hash } }
  }

  /** What a session gives, or null where what it rests on is gone. */
  async function rightsOf({ subject, createdAt }: Pick<SessionDocument, 'subject' | 'createdAt'>): Promise<Rights | null> {
    switch (subject.kind) {
      case 'admin-token': {
        const admin = await adminHash()
        return admin !== null && same(subject.hash, admin) ? ALL_RIGHTS : null
      }
      case 'read-key':
        return (await documents.get<ReadKeyDocument>(READ_KEYS + subject.hash)) ? KEY_RIGHTS : null
      case 'user': {
        const user = await documents.get<UserDocument>(USERS + subject.name)
        if (!user || user.value.sessionsFrom > createdAt) return null
        return { role: user.value.role, sensitive: user.value.sensitive ?? false }
      }
      case 'oidc':
        return options.oidc?.issuer === subject.issuer ? rightsOfClaims(subject.values, options.oidc) : null
    }
  }

  /** Whether browsers reach the server by https, so that cookies must never travel otherwise. */
  const isSecure = (request: FastifyRequest): boolean => (publicOrigin ? publicOrigin.startsWith('https:') : request.protocol === 'https')

  const cookieName = (request: FastifyRequest) => (isSecure(request) ? '__Host-northstar_session' : 'northstar_session')

  /** Whether a page of this server sent the request, as far as the browser reports. */
  function isOwnOrigin(request: FastifyRequest): boolean {
    const { origin } = request.headers
    if (origin === undefined) return request.headers['sec-fetch-site'] === 'same-origin'
    return origin === publicOrigin || (URL.canParse(origin) && new URL(origin).host === request.host)
  }

  async function sessionOf(request: FastifyRequest): Promise<Identity | null> {
    const token = cookieOf(request, cookieName(request))
    if (token === undefined) return null
    const key = SESSIONS + hashToken(token)
    const found = await documents.get<SessionDocument>(key)
    if (!found || isOver(found.value, now())) return null
    const rights = await rightsOf(found.value)
    const { id, name, expiresAt, subject, lastUsedAt } = found.value
    // Of two requests at the same time one notes it; a store that is away must not refuse the request.
    if (now() - lastUsedAt >= TOUCH_MS)
      await documents.put(key, { ...found.value, lastUsedAt: now() }, { ifVersion: found.version }).catch(() => {})
    return rights && { ...rights, via: 'session', name, subject, session: { id, key, csrf: csrfOf(token), expiresAt } }
  }

  /** @throws HttpProblem 403 for a change that a cookie alone stands for */
  async function identify(request: FastifyRequest): Promise<Identity | null> {
    const { authorization } = request.headers
    if (authorization !== undefined) {
      const token = /^Bearer +(.+)$/i.exec(authorization)?.[1]
      if (token === undefined || !TOKEN.test(token)) return null
      const keys = [`bearer ${request.ip}`]
      await throttle.pass(keys, BEARER_WAIT_MS)
      const found = await subjectOf(token)
      if (!found) {
        const [count = 0] = throttle.failed(keys)
        options.onUnknownToken?.(request, count)
        return null
      }
      request.caller = { ...found, via: found.role === 'admin' ? 'token' : 'key' }
      return request.caller
    }
    const identity = await sessionOf(request)
    request.caller = identity
    if (identity?.session && !READING.has(request.method)) {
      const given = request.headers['x-csrf-token']
      if (!isOwnOrigin(request) || typeof given !== 'string' || !same(given, identity.session.csrf)) {
        throw new HttpProblem({
          status: 403,
          code: 'csrf',
          detail: 'A change by a signed-in page needs the header x-csrf-token, as GET /v1/session gives it, and must come from that page.',
        })
      }
    }
    return identity
  }

  /**
   * Checks a request against its route's access. A write key is checked by ingest, which knows the keys.
   * @throws HttpProblem 401 for an unknown caller, 403 for one whose role does not include the needed one, and for another site's change
   */
  async function enforce(request: FastifyRequest, needed: Access): Promise<void> {
    if (needed === 'write key') return
    if (needed === 'anyone') {
      if (READING.has(request.method) || request.headers.origin === undefined || isOwnOrigin(request)) return
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

  return { identify, enforce, subjectOf, rightsOf, throttle, isSecure, isOwnOrigin, cookieName }
}

export const isOver = ({ expiresAt, lastUsedAt }: SessionDocument, now: number): boolean => expiresAt <= now || now - lastUsedAt >= IDLE_MS

/** The most that the claim's values give, in the order admin, responder, analyst, read; `*` stands for everybody who can sign in. */
export function rightsOfClaims(
  values: readonly string[],
  { values: wanted, sensitive }: Pick<OidcSettings, 'values' | 'sensitive'>,
): Rights | null {
  const has = (any: readonly string[]) => any.some(value => value === '*' || values.includes(value))
  const role = (['admin', 'responder', 'analyst', 'read'] as const).find(each => has(wanted[each]))
  return role === undefined ? null : { role, sensitive: has(sensitive) }
}

/** The value of a cookie, where it looks like a token. */
export function cookieOf(request: FastifyRequest, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map(pair => pair.trim())
  const value = pairs.find(pair => pair.startsWith(`${name}=`))?.slice(name.length + 1)
  return value !== undefined && /^[\w-]{20,200}$/.test(value) ? value : undefined
}
