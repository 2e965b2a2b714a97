import { type BodyFault, DIALECTS, type Dialect, type DialectRequest, handlesPath, parseRfc3339 } from '@northstar/events'
import { badValue, type FastifyRequest, type HttpProblem } from '@northstar/runtime'
import { badRequest, tooLarge, unsupported } from './problems.ts'

/** The parts of a request that dialects read. */
export function describe(request: FastifyRequest): DialectRequest {
  const path = request.url.split('?')[0] ?? ''
  return { path: path.replace(/\/$/, ''), query: request.query as Readonly<Record<string, unknown>>, headers: request.headers }
}

/** The dialect that recognises the request. @throws HttpProblem 415 */
export function dialectOf(request: DialectRequest): Dialect {
  const ofPath = DIALECTS.filter(dialect => handlesPath(dialect, request.path))
  const found = ofPath.find(dialect => dialect.recognises(request))
  if (found) return found
  const accept = [...new Set(ofPath.flatMap(dialect => dialect.contentTypes))]
  throw unsupported(`The content type must be one of ${accept.join(', ')}, in UTF-8.`, { accept: accept.join(', ') })
}

/** The key of `Bearer KEY`, or of `Basic` with the key as user and no password. */
export function keyOfHeader(header: string | undefined): string | undefined {
  const [, scheme = '', credentials = ''] = /^(Bearer|Basic) +([\x21-\x7e]{1,1024})$/i.exec(header ?? '') ?? []
  if (scheme.toLowerCase() !== 'basic') return credentials || undefined
  return /^([\x21-\x39\x3b-\x7e]+):$/.exec(Buffer.from(credentials, 'base64').toString('latin1'))?.[1]
}

/** The time at which the sender sent, by its clock: `?sent_at=` in epoch milliseconds or RFC 3339. @throws HttpProblem 400 */
export function sentAt(query: unknown): number | null {
  const value = (query as { sent_at?: unknown }).sent_at
  if (value === undefined) return null
  const time = typeof value !== 'string' ? Number.NaN : /^\d{1,16}$/.test(value) ? Number(value) : parseRfc3339(value)
  if (Number.isNaN(time)) throw badValue('sent_at', '`sent_at` must be epoch milliseconds or an RFC 3339 time.')
  return time
}

export const problemOf = ({ code, message }: BodyFault): HttpProblem => (code === 'too_large' ? tooLarge : badRequest)(sentence(message))

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
