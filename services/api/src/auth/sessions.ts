import { randomBytes } from 'node:crypto'
import {
  type AccessControl,
  csrfOf,
  type FastifyReply,
  type FastifyRequest,
  hashToken,
  SESSIONS,
  type SessionDocument,
  type Subject,
} from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'

const HOUR_MS = 3_600_000
const SESSION_MS = 7 * 24 * HOUR_MS
/** Whoever another system vouches for is asked of it again after a working day. */
const OIDC_SESSION_MS = 12 * HOUR_MS
const LINK_MS = 24 * HOUR_MS

const LINKS = 'access/links/'
const FIRST_LINK = 'access/first-link'

interface Link {
  readonly subject: Subject
  readonly name: string
  readonly expiresAt: number
  /** The link of the first run: once it was used, there are no further ones. */
  readonly first?: boolean
}

const makeToken = () => randomBytes(32).toString('base64url')

export interface Sessions {
  /** Begins a session and gives its cookie with the reply. */
  begin(
    request: FastifyRequest,
    reply: FastifyReply,
    owner: { readonly subject: Subject; readonly name: string },
  ): Promise<{ readonly csrf: string; readonly expiresAt: number }>
  end(request: FastifyRequest, reply: FastifyReply, key: string | undefined): Promise<void>
  /** The token of a link that signs its first user in, for a day. */
  makeLink(owner: { readonly subject: Subject; readonly name: string }): Promise<string>
  /** Whom the link signs in; null where it is unknown, used or too old. */
  useLink(token: string): Promise<{ readonly subject: Subject; readonly name: string } | null>
}

export function createSessions(deps: {
  readonly state: StateStore
  readonly control: AccessControl
  readonly now: () => number
}): Sessions {
  const { state, control, now } = deps
  let prunedAt = Number.NEGATIVE_INFINITY

  async function prune(): Promise<void> {
    if (now() - prunedAt < HOUR_MS) return
    prunedAt = now()
    for (const prefix of [SESSIONS, LINKS]) {
      for (const { key, value } of await state.list<{ readonly expiresAt: number }>(prefix)) {
        if (value.expiresAt <= now()) await state.delete(key)
      }
    }
  }

  function setCookie(request: FastifyRequest, reply: FastifyReply, value: string, maxAgeSeconds: number): void {
    const secure = control.isSecure(request) ? '; Secure' : ''
    reply.header(
      'set-cookie',
      `${control.cookieName(request)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`,
    )
  }

  return {
    async begin(request, reply, { subject, name }) {
      await prune()
      const token = makeToken()
      const lasts = subject.kind === 'oidc' ? OIDC_SESSION_MS : SESSION_MS
      const session: SessionDocument = { subject, name, createdAt: now(), expiresAt: now() + lasts }
      await state.put(SESSIONS + hashToken(token), session, { ifVersion: 0 })
      setCookie(request, reply, token, lasts / 1_000)
      return { csrf: csrfOf(token), expiresAt: session.expiresAt }
    },
    async end(request, reply, key) {
      if (key !== undefined) await state.delete(key)
      setCookie(request, reply, '', 0)
    },
    async makeLink(owner) {
      const token = makeToken()
      const link: Link = { ...owner, expiresAt: now() + LINK_MS }
      await state.put(LINKS + hashToken(token), link, { ifVersion: 0 })
      return token
    },
    async useLink(token) {
      const key = LINKS + hashToken(token)
      const found = await state.get<Link>(key)
      if (!found) return null
      try {
        // Of two that use it at the same time, one is too late.
        await state.delete(key, { ifVersion: found.version })
      } catch (error) {
        if (error instanceof StateConflict) return null
        throw error
      }
      if (found.value.expiresAt <= now()) return null
      if (found.value.first) await state.put(FIRST_LINK, { used: true })
      return found.value
    },
  }
}

/**
 * For the first run: the path of a link that signs in with full access, once, within a day. A new one at each start until one was used,
 * then null.
 */
export async function firstLink(state: StateStore, adminToken: string, now: () => number): Promise<string | null> {
  const known = await state.get<{ readonly used?: boolean; readonly key?: string }>(FIRST_LINK)
  if (known?.value.used) return null
  if (known?.value.key) await state.delete(known.value.key)
  const token = makeToken()
  const key = LINKS + hashToken(token)
  const link: Link = {
    subject: { kind: 'admin-token', hash: hashToken(adminToken) },
    name: 'admin',
    expiresAt: now() + LINK_MS,
    first: true,
  }
  await state.put(key, link)
  await state.put(FIRST_LINK, { key })
  return `/welcome/${token}`
}
