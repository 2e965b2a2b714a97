import type { Role } from '@northstar/http-api'
import {
  ADMIN_TOKEN_DOCUMENT,
  hashToken,
  READ_KEYS,
  type ReadKeyDocument,
  type SessionDocument,
  type Subject,
  USERS,
  type UserDocument,
} from './access-documents.ts'
import { isSame } from './constant-time.ts'
import type { OidcSettings } from './settings.ts'

/** The permissions of a caller. */
export interface Rights {
  readonly role: Role
  /** Access to sensitive properties of the tracking plan. No role includes it; the admin token has it. */
  readonly sensitive: boolean
}

/** The owner of a token and its rights. */
export interface Grant extends Rights {
  readonly name: string
  readonly subject: Subject
}

export interface RightsConfig {
  /** The token from the settings. */
  readonly adminToken?: string
  readonly oidc?: OidcSettings
}

export interface RightsDeps {
  readonly documents: { get<T>(key: string): Promise<{ readonly value: T } | null> }
}

const ALL_RIGHTS: Rights = { role: 'admin', sensitive: true }
const KEY_RIGHTS: Rights = { role: 'read', sensitive: false }

/** Looks up rights in the state store at each request, so that a revoked token, key, user or role has an effect at once. */
export function createRights(config: RightsConfig, { documents }: RightsDeps) {
  const { oidc } = config
  const configuredHash = config.adminToken ? hashToken(config.adminToken) : null

  async function isAdminHash(hash: string): Promise<boolean> {
    const admin = configuredHash ?? (await documents.get<{ hash: string }>(ADMIN_TOKEN_DOCUMENT))?.value.hash ?? null
    return admin !== null && isSame(hash, admin)
  }

  return {
    /** Null for an unknown token. */
    async ofToken(token: string): Promise<Grant | null> {
      const hash = hashToken(token)
      if (await isAdminHash(hash)) return { ...ALL_RIGHTS, name: 'admin', subject: { kind: 'admin-token', hash } }
      const key = await documents.get<ReadKeyDocument>(READ_KEYS + hash)
      return key && { ...KEY_RIGHTS, name: key.value.name, subject: { kind: 'read-key', hash } }
    },

    /** Null if the session's token, key, user or issuer is no longer valid. */
    async ofSession({ subject, createdAt }: Pick<SessionDocument, 'subject' | 'createdAt'>): Promise<Rights | null> {
      switch (subject.kind) {
        case 'admin-token':
          return (await isAdminHash(subject.hash)) ? ALL_RIGHTS : null
        case 'read-key':
          return (await documents.get<ReadKeyDocument>(READ_KEYS + subject.hash)) ? KEY_RIGHTS : null
        case 'user': {
          const user = await documents.get<UserDocument>(USERS + subject.name)
          if (!user || user.value.sessionsFrom > createdAt) return null
          return { role: user.value.role, sensitive: user.value.sensitive ?? false }
        }
        case 'oidc':
          return oidc?.issuer === subject.issuer ? rightsOfClaims(subject.values, oidc) : null
      }
    },
  }
}

/** The highest role that the claim's values map to, in the order admin, responder, analyst, read; `*` matches everybody who can sign in. */
export function rightsOfClaims(
  values: readonly string[],
  { values: wanted, sensitive }: Pick<OidcSettings, 'values' | 'sensitive'>,
): Rights | null {
  const has = (any: readonly string[]) => any.some(value => value === '*' || values.includes(value))
  const role = (['admin', 'responder', 'analyst', 'read'] as const).find(each => has(wanted[each]))
  return role === undefined ? null : { role, sensitive: has(sensitive) }
}
