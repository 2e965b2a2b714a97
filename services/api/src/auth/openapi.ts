import { z } from 'zod'
import { describePaths } from '../describe-paths.ts'
import type { OpenApiPart } from '../openapi.ts'
import { newKey, newUser } from './admin-routes.ts'
import { credentials } from './session-routes.ts'

const role = z.enum(['admin', 'read'])
const time = z.iso.datetime()

const session = z.looseObject({
  role,
  user: z.string(),
  kind: z.string(),
  csrf: z.string().nullable().describe('What a change by cookie must carry in x-csrf-token.'),
  expires_at: time.nullable(),
})
const user = z.looseObject({ name: z.string(), role, has_password: z.boolean(), created_at: time, created_by: z.string() })
const key = z.looseObject({ id: z.string(), kind: z.enum(['write', 'read']), name: z.string(), created_at: time })
const entry = z.looseObject({
  at: time,
  who: z.string(),
  role: z.string().nullable(),
  via: z.string(),
  what: z.string(),
  status: z.int().optional(),
})

/** Sessions, users, keys and the audit. */
export function authApi(): OpenApiPart {
  return describePaths({
    'GET /v1/session': { summary: 'Who is signed in', answers: { 200: session } },
    'POST /v1/session': {
      summary: 'Sign in; the session’s cookie comes with the answer',
      anyone: true,
      body: credentials,
      answers: { 200: session },
    },
    'DELETE /v1/session': { summary: 'Sign out', anyone: true, answers: { 204: 'Nobody is signed in any more.' } },
    'GET /v1/session/oidc': {
      summary: 'Sign in over OpenID Connect, where it is configured',
      anyone: true,
      answers: { 303: 'To the issuer.' },
    },
    'GET /v1/session/oidc/callback': { summary: 'Where the issuer sends the browser back', anyone: true, answers: { 303: 'To the page.' } },
    'GET /welcome/{token}': { summary: 'Sign in by a link, once', anyone: true, answers: { 303: 'To the page.' } },
    'GET /v1/users': { summary: 'The users', answers: { 200: z.object({ users: z.array(user) }) } },
    'POST /v1/users': {
      summary: 'Make a user; without a password the answer has a link that opens once',
      body: newUser,
      answers: { 201: user.extend({ link: z.string().optional() }) },
    },
    'PATCH /v1/users/{name}': { summary: 'Give a user another role', body: z.strictObject({ role }), answers: { 200: user } },
    'DELETE /v1/users/{name}': { summary: 'Remove a user', answers: { 204: 'The user and all of their sessions are gone.' } },
    'POST /v1/users/{name}/link': { summary: 'A link by which the user comes in once', answers: { 201: z.object({ link: z.string() }) } },
    'PUT /v1/users/{name}/password': {
      summary: 'Set a password: one’s own, or with full access anybody’s',
      body: z.strictObject({ password: z.string().min(12).max(200), current: z.string().optional() }),
      answers: { 204: 'It is set; all sessions of the user are over.' },
    },
    'GET /v1/keys': { summary: 'The keys that programs use', answers: { 200: z.object({ keys: z.array(key) }) } },
    'POST /v1/keys': { summary: 'Make a key, which is shown this once', body: newKey, answers: { 201: key.extend({ key: z.string() }) } },
    'DELETE /v1/keys/{id}': { summary: 'End a key', answers: { 204: 'It is known no more.' } },
    'GET /v1/audit': {
      summary: 'Who did what, the latest first',
      query: { limit: z.int().min(1).max(1_000), before: time },
      answers: { 200: z.object({ entries: z.array(entry), next: z.string().nullable().optional() }) },
    },
  })
}
