/** Documents of the state store about callers: the admin token's hash, read keys, users and sessions. */
import { createHash, createHmac } from 'node:crypto'
import type { Role } from '@northstar/http-api'

export type { Role } from '@northstar/http-api'

/** Key of the document with the admin token's hash, used if the settings have no token. */
export const ADMIN_TOKEN_DOCUMENT = 'access/admin-token'
/** Prefix, followed by the SHA-256 of the key, hex. */
export const READ_KEYS = 'access/keys/'
/** Prefix, followed by the SHA-256 of the cookie's value, hex. */
export const SESSIONS = 'access/sessions/'
/** Prefix, followed by the user's name. */
export const USERS = 'access/users/'

export interface ReadKeyDocument {
  readonly id: string
  /** Display name. */
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
  /** Result of `hashPassword`; null until the person has set a password. */
  readonly password: string | null
  readonly createdAt: number
  readonly createdBy: string
  /** Sessions created earlier are invalid: the password or the role was changed. Epoch ms. */
  readonly sessionsFrom: number
}

/** The owner of a session. A session is valid as long as its token, key, user or issuer is. */
export type Subject =
  | { readonly kind: 'admin-token'; readonly hash: string }
  | { readonly kind: 'read-key'; readonly hash: string }
  | { readonly kind: 'user'; readonly name: string }
  /** `values` are those of the role claim at sign-in; the settings map them to a role at each request. */
  | { readonly kind: 'oidc'; readonly issuer: string; readonly subject: string; readonly values: readonly string[] }

/** A subject in the audit log and the list of sessions. Its owner cannot choose it, unlike a name. */
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
  /** Display name of the owner. */
  readonly name: string
  readonly createdAt: number
  readonly expiresAt: number
  /** Exact to a few minutes. An unused session expires. */
  readonly lastUsedAt: number
}

/** An unused session expires after this time. */
const IDLE_MS = 24 * 3_600_000

export const isOver = ({ expiresAt, lastUsedAt }: SessionDocument, now: number): boolean => expiresAt <= now || now - lastUsedAt >= IDLE_MS

export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex')

/** The value that a page must send in `x-csrf-token` with the cookie. Other sites do not know it. */
export const csrfOf = (sessionToken: string): string => createHmac('sha256', sessionToken).update('csrf').digest('base64url')
