import { DIALECTS, type Dialect, type DialectRequest, handlesPath, IGNORED, refusalOf } from './index.ts'

/** The result of parsing a request: events, codes of refused items, or the fault of the whole. */
export interface Read {
  readonly dialect: string
  readonly fault?: string
  readonly events: readonly unknown[]
  readonly keys: readonly string[]
  readonly sentAt?: number
  readonly unmapped: readonly string[]
}

export const RECEIVED_AT = Date.parse('2026-03-01T12:00:00Z')
const LIMITS = { maxEventBytes: 64 * 1024, maxEvents: 1_000, maxDepth: 32 }

interface Given {
  readonly type?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export function requestTo(path: string, { type = 'application/json', query = {}, headers = {} }: Given = {}): DialectRequest {
  return { path, query, headers: { ...(type && { 'content-type': type }), ...headers } }
}

export function dialectOf(request: DialectRequest): Dialect | undefined {
  return DIALECTS.find(dialect => handlesPath(dialect, request.path) && dialect.recognises(request))
}

export function read(path: string, body: unknown, given: Given = {}): Read {
  const request = requestTo(path, given)
  const dialect = dialectOf(request)
  if (!dialect) throw new Error(`no dialect recognises ${path}`)
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const keys = dialect.findKeys?.(bytes, request) ?? []
  const parsing = dialect.parse(bytes, { ...request, receivedAt: RECEIVED_AT, limits: LIMITS, declares: name => name === 'page' })
  for (;;) {
    const { done, value } = parsing.next()
    if (!done) continue
    if (!value.ok) return { dialect: dialect.name, fault: value.fault.code, keys, events: [], unmapped: [] }
    const { batch } = value
    const events = batch.items.map((item, index) => {
      const event = batch.toEvent(item, index)
      return event === IGNORED ? 'ignored' : (refusalOf(event)?.code ?? event)
    })
    return { dialect: dialect.name, events, keys, sentAt: batch.sentAt, unmapped: [...batch.unmapped] }
  }
}
