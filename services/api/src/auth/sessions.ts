import { randomBytes } from 'node:crypto'
import { HOUR_MS } from '@northstar/catalogue'
import {
  type AccessControl,
  csrfOf,
  type FastifyReply,
  type FastifyRequest,
  hashToken,
  isOver,
  SESSIONS,
  type SessionDocument,
  type Subject,
  USERS,
  type UserDocument,
} from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'

const SESSION_MS = 7 * 24 * HOUR_MS
/** Long enough for a working day. */
const OIDC_SESSION_MS = 12 * HOUR_MS
const LINK_MS = 24 * HOUR_MS

const LINKS = 'access/links/'
const FIRST_LINK = 'access/first-link'

export interface Owner {
  readonly subject: Subject
  readonly name: string
}

interface Link extends Owner {
  readonly expiresAt: number
  /** The user's `createdAt`, so that the link is invalid for a later user of the same name. */
  readonly generation?: number
  /** Whether this is the link of the first run. After it was used, no further one is created. */
  readonly first?: boolean
}

const createToken = () => randomBytes(32).toString('base64url')

/** A link that can still be used. */
export interface FoundLink extends Owner {
  /** Whether the user has no password yet. */
  readonly needsPassword: boolean
  /** Marks the link as used. Resolves to false if another request already has. */
  use(): Promise<boolean>
}

export interface Sessions {
  /** Begins a session and sets its cookie on the reply. */
  begin(request: FastifyRequest, reply: FastifyReply, owner: Owner): Promise<{ readonly csrf: string; readonly expiresAt: number }>
  end(request: FastifyRequest, reply: FastifyReply, key: string | undefined): Promise<void>
  /** The valid sessions. */
  list(): Promise<readonly { readonly key: string; readonly value: SessionDocument }[]>
  /** Returns the token of a link that signs its owner in, once within a day. */
  createLink(owner: Owner): Promise<string>
  /** Null if the link is unknown, used or expired, or its user no longer exists. */
  findLink(token: string): Promise<FoundLink | null>
}

export function createSessions(deps: {
  readonly state: StateStore
  readonly control: AccessControl
  readonly now: () => number
}): Sessions {
  const { state, control, now } = deps
  let prunedAt = Number.NEGATIVE_INFINITY

  async function prune(): Promise<void> {
    if (Math.abs(now() - prunedAt) < HOUR_MS) return
    prunedAt = now()
    for (const { key, value } of await state.list<SessionDocument>(SESSIONS)) if (isOver(value, now())) await state.delete(key)
    for (const { key, value } of await state.list<Link>(LINKS)) if (value.expiresAt <= now()) await state.delete(key)
  }

  function setCookie(request: FastifyRequest, reply: FastifyReply, value: string, maxAgeSeconds: number): void {
    const secure = control.isSecure(request) ? '; Secure' : ''
    reply.header(
      'set-cookie',
      `${control.cookieName(request)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`,
    )
  }

  const userOf = async ({ subject }: Owner) =>
    subject.kind === 'user' ? (await state.get<UserDocument>(USERS + subject.name))?.value : undefined

  return {
    async begin(request, reply, { subject, name }) {
      await prune()
      const token = createToken()
      const lifetimeMs = subject.kind === 'oidc' ? OIDC_SESSION_MS : SESSION_MS
      const id = randomBytes(8).toString('hex')
      const session: SessionDocument = { id, subject, name, createdAt: now(), expiresAt: now() + lifetimeMs, lastUsedAt: now() }
      await state.put(SESSIONS + hashToken(token), session, { ifVersion: 0 })
      setCookie(request, reply, token, lifetimeMs / 1_000)
      return { csrf: csrfOf(token), expiresAt: session.expiresAt }
    },
    async end(request, reply, key) {
      if (key !== undefined) await state.delete(key)
      setCookie(request, reply, '', 0)
    },
    async list() {
      return (await state.list<SessionDocument>(SESSIONS)).filter(({ value }) => !isOver(value, now()))
    },
    async createLink(owner) {
      const token = createToken()
      const link: Link = { ...owner, expiresAt: now() + LINK_MS, generation: (await userOf(owner))?.createdAt }
      await state.put(LINKS + hashToken(token), link, { ifVersion: 0 })
      return token
    },
    async findLink(token) {
      const found = await state.get<Link>(LINKS + hashToken(token))
      if (!found || found.value.expiresAt <= now()) return null
      const { subject, name, first, generation } = found.value
      const user = await userOf(found.value)
      if (subject.kind === 'user' && (!user || user.createdAt !== generation)) return null
      return {
        subject,
        name,
        needsPassword: user?.password === null,
        async use() {
          try {
            await state.delete(found.key, { ifVersion: found.version })
          } catch (error) {
            if (error instanceof StateConflict) return false
            throw error
          }
          if (first) await state.put(FIRST_LINK, { used: true })
          return true
        },
      }
    },
  }
}

/**
 * Returns the path of a link for the first run, which signs in as admin once within a day. Each start replaces the link. Once a link was
 * used, the result is null.
 */
export async function firstLink(state: StateStore, adminToken: string, now: () => number): Promise<string | null> {
  const known = await state.get<{ readonly used?: boolean; readonly key?: string }>(FIRST_LINK)
  if (known?.value.used) return null
  if (known?.value.key) await state.delete(known.value.key)
  const token = createToken()
  const key = LINKS + hashToken(token)
  const subject: Subject = { kind: 'admin-token', hash: hashToken(adminToken) }
  const link: Link = { subject, name: 'admin', expiresAt: now() + LINK_MS, first: true }
  await state.put(key, link)
  await state.put(FIRST_LINK, { key })
  return `/welcome/${token}`
}
