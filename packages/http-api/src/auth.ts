import { ON_VIOLATION } from '@northstar/catalogue'
import { z } from 'zod'
import { limit, role, time } from './common.ts'
import { declare, type Out } from './declare.ts'

/** The environments of write keys. Only events of production keys are stored and counted; those of others are validated, answered and shown. */
export const ENVIRONMENTS = ['production', 'staging', 'test'] as const

const token = z.string().min(1).max(512)
const password = z.string().min(12, 'a password has at least 12 characters').max(200)
const name = z.string().trim().min(1).max(100)
const userName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9._@+-]{0,63}$/, 'a name has letters, digits and . _ @ + - only, at most 64')
const named = z.object({ name: userName })
const identified = z.object({ id: z.string().max(64) })

const sensitive = z.boolean().describe('Whether sensitive properties of the tracking plan are visible, in SQL, the log and dead letters.')

const session = z.object({
  role,
  sensitive,
  roles: z.array(role).describe('All roles that the caller’s role includes, with itself.'),
  user: z.string(),
  kind: z.enum(['token', 'key', 'session']),
  has_password: z.boolean().describe('Whether the caller is a user, who can set a password.'),
  csrf: z.string().nullable().describe('The value of the header x-csrf-token for changes by cookie.'),
  expires_at: time.nullable(),
})
export type Session = Out<typeof session>

const listedSession = z.object({
  id: z.string(),
  name: z.string(),
  subject: z.string().describe('The owner: a user, a key, the admin token, or an issuer’s subject.'),
  role: role.nullable(),
  created_at: time,
  last_used_at: time.describe('Exact to a few minutes.'),
  expires_at: time,
  current: z.boolean(),
})
export type ListedSession = Out<typeof listedSession>

const credentials = z.union([
  z.strictObject({ token }),
  z.strictObject({ user: z.string().min(1).max(64), password: z.string().min(1).max(200) }),
])
export type Credentials = Out<typeof credentials>

export const sessions = {
  read: declare({ method: 'GET', path: '/v1/session', summary: 'The caller', access: 'read', answers: { 200: session } }),
  begin: declare({
    method: 'POST',
    path: '/v1/session',
    summary: 'Sign in; the answer sets the session’s cookie',
    access: 'anyone',
    body: credentials,
    answers: { 200: session },
  }),
  end: declare({
    method: 'DELETE',
    path: '/v1/session',
    summary: 'Sign out',
    access: 'anyone',
    answers: { 204: 'The session has ended.' },
  }),
  beginOidc: declare({
    method: 'GET',
    path: '/v1/session/oidc',
    summary: 'Sign in with OpenID Connect, if it is configured',
    access: 'anyone',
    answers: { 303: 'To the issuer.' },
  }),
  finishOidc: declare({
    method: 'GET',
    path: '/v1/session/oidc/callback',
    summary: 'The redirect address of the issuer',
    access: 'anyone',
    answers: { 303: 'To the page.' },
  }),
  useLink: declare({
    method: 'POST',
    path: '/v1/session/link',
    summary: 'Sign in with a link, which works once; a user without a password sets one',
    access: 'anyone',
    body: z.strictObject({ token, password: password.optional() }),
    answers: { 200: session },
  }),
  createLink: declare({
    method: 'POST',
    path: '/v1/session/links',
    summary: 'Create a link for one sign-in with full access within a day',
    access: 'admin',
    answers: { 201: z.object({ link: z.string() }) },
  }),
  list: declare({
    method: 'GET',
    path: '/v1/sessions',
    summary: 'Valid sessions: the caller’s own; all for admins',
    access: 'read',
    answers: { 200: z.object({ sessions: z.array(listedSession) }) },
  }),
  endOne: declare({
    method: 'DELETE',
    path: '/v1/sessions/{id}',
    summary: 'End a session: one of the caller’s own; any for admins',
    access: 'read',
    params: identified,
    answers: { 204: 'The session has ended.' },
  }),
  changePassword: declare({
    method: 'PUT',
    path: '/v1/session/password',
    summary: 'Change the caller’s own password; all sessions of the user end',
    access: 'read',
    body: z.strictObject({ password, current: z.string().max(200).optional() }),
    answers: { 204: 'The password is set.' },
  }),
}

const user = z.object({ name: z.string(), role, sensitive, has_password: z.boolean(), created_at: time, created_by: z.string() })
export type User = Out<typeof user>

export const users = {
  list: declare({
    method: 'GET',
    path: '/v1/users',
    summary: 'All users',
    access: 'admin',
    answers: { 200: z.object({ users: z.array(user) }) },
  }),
  create: declare({
    method: 'POST',
    path: '/v1/users',
    summary: 'Create a user; without a password the answer has a link for one sign-in',
    access: 'admin',
    body: z.strictObject({ name: userName, role, sensitive: sensitive.default(false), password: password.optional() }),
    audited: ['name', 'role', 'sensitive'],
    answers: { 201: user.extend({ link: z.string().optional() }) },
  }),
  changeRights: declare({
    method: 'PATCH',
    path: '/v1/users/{name}',
    summary: 'Change the role and rights of a user',
    access: 'admin',
    params: named,
    body: z
      .strictObject({ role: role.optional(), sensitive: sensitive.optional() })
      .refine(given => Object.keys(given).length > 0, 'needs role, sensitive or both'),
    audited: ['role', 'sensitive'],
    answers: { 200: user },
  }),
  remove: declare({
    method: 'DELETE',
    path: '/v1/users/{name}',
    summary: 'Remove a user; all sessions of the user end',
    access: 'admin',
    params: named,
    answers: { 204: 'The user is removed.' },
  }),
  link: declare({
    method: 'POST',
    path: '/v1/users/{name}/link',
    summary: 'Create a link that signs the user in once',
    access: 'admin',
    params: named,
    answers: { 201: z.object({ link: z.string() }) },
  }),
  setPassword: declare({
    method: 'PUT',
    path: '/v1/users/{name}/password',
    summary: 'Set a user’s password; all sessions of the user end',
    access: 'admin',
    params: named,
    body: z.strictObject({ password }),
    answers: { 204: 'The password is set.' },
  }),
}

const key = z.object({
  id: z.string(),
  kind: z.enum(['write', 'read']),
  name: z.string(),
  created_at: time,
  created_by: z.string().optional(),
  environment: z.enum(ENVIRONMENTS).optional(),
  expires_at: time.optional(),
  events_per_second: z.number().optional(),
  users_per_day: z.int().optional().describe('Events of further users of a day are quarantined. Absent: no limit.'),
  on_violation: z.enum(ON_VIOLATION).optional().describe('Treatment of events that violate the tracking plan. Absent: that of the plan.'),
})
const usage = {
  last_used_at: time.nullable(),
  accepted: z.int().describe('Of the last 30 days.'),
  rejected: z.int(),
}
const listedKey = key.extend(z.object(usage).partial().shape).describe('Usage is that of write keys.')
export type Key = Out<typeof listedKey>

const keyEvents = z.object({
  ...usage,
  events: z
    .array(
      z.object({
        at: time,
        event: z.string().nullable().describe('Null when the name could be personal data.'),
        outcome: z
          .enum(['quarantined', 'flagged'])
          .optional()
          .describe('The treatment of an accepted event that violates the tracking plan.'),
        refused: z.object({ code: z.string(), field: z.string().nullable(), message: z.string() }).optional(),
      }),
    )
    .describe('The last events, the newest first, without their values.'),
})
export type KeyEvents = Out<typeof keyEvents>

export const keys = {
  list: declare({
    method: 'GET',
    path: '/v1/keys',
    summary: 'All keys',
    access: 'admin',
    answers: { 200: z.object({ keys: z.array(listedKey) }) },
  }),
  create: declare({
    method: 'POST',
    path: '/v1/keys',
    summary: 'Create a key; only this answer shows it',
    access: 'admin',
    body: z.discriminatedUnion('kind', [
      z.strictObject({
        kind: z.literal('write'),
        name,
        environment: z.enum(ENVIRONMENTS).default('production').describe('Only events of production keys are stored and counted.'),
        expires_at: z.iso.datetime().optional().describe('The time from which it is invalid. Absent: never.'),
        events_per_second: z.number().min(0).optional(),
        users_per_day: z.int().min(1).max(1_000_000).optional().describe('Events of further users of a day are quarantined.'),
        on_violation: z.enum(ON_VIOLATION).optional(),
      }),
      z.strictObject({ kind: z.literal('read'), name }),
    ]),
    audited: ['kind', 'name', 'environment', 'expires_at', 'users_per_day', 'on_violation'],
    answers: { 201: key.extend({ key: z.string() }) },
  }),
  events: declare({
    method: 'GET',
    path: '/v1/keys/{id}/events',
    summary: 'The last events of a write key, with the reasons of refusals; `settings` is the id of the configured key',
    access: 'admin',
    params: identified,
    answers: { 200: keyEvents },
  }),
  remove: declare({
    method: 'DELETE',
    path: '/v1/keys/{id}',
    summary: 'Delete a key',
    access: 'admin',
    params: identified,
    answers: { 204: 'The key no longer works.' },
  }),
}

const auditEntry = z.object({
  at: time,
  who: z.string().describe('The display name, which another system may have chosen.'),
  subject: z.string().optional().describe('The identity of the caller, which cannot be chosen.'),
  role: z.string().nullable(),
  via: z.string().describe('token, key, session, or the way of signing in.'),
  what: z.string().describe('METHOD /route of a change, or an action such as sign_in.'),
  to: z.record(z.string(), z.unknown()).optional().describe('Parameters of the route and fields of the body.'),
  status: z.int().optional(),
  from: z.string().optional().describe('The caller’s address.'),
})
export type AuditEntry = Out<typeof auditEntry>

export const audit = {
  list: declare({
    method: 'GET',
    path: '/v1/audit',
    summary: 'Changes and sign-ins, newest first',
    access: 'admin',
    query: z.strictObject({ limit: limit(1_000, 100), before: z.iso.datetime().optional() }),
    answers: { 200: z.object({ entries: z.array(auditEntry), next: z.string().nullable() }) },
  }),
}
