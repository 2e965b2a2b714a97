import { type Dialect, isUtf8Charset, mediaType, type Outcome, outcomeMembers } from './dialect.ts'
import { parseItems, parseLines, utf8Body } from './json-body.ts'

const NDJSON: ReadonlySet<string> = new Set(['application/x-ndjson', 'application/ndjson'])

/** Northstar's own dialect: one event, an array of events, or NDJSON. */
export const native: Dialect = {
  name: 'native',
  paths: ['/v1/events'],
  contentTypes: ['application/json', ...NDJSON],
  recognises({ headers }) {
    const { type, charset } = mediaType(headers['content-type'])
    return (type === 'application/json' || NDJSON.has(type)) && isUtf8Charset(charset)
  },
  *parse(body, { headers, limits }) {
    const utf8 = utf8Body(body)
    if (!utf8.ok) return utf8
    const isLines = NDJSON.has(mediaType(headers['content-type']).type)
    const parsed = yield* isLines ? parseLines(utf8.value, limits) : parseItems(utf8.value, limits)
    if (!parsed.ok) return parsed
    return { ok: true, batch: { items: parsed.value, toEvent: item => item, unmapped: NONE } }
  },
  answer: nativeAnswer,
}

const NONE: ReadonlySet<string> = new Set()

/** 202 when an event was accepted, else 422 as a problem (RFC 9457) with the same members. */
export function nativeAnswer(outcome: Outcome) {
  const members = outcomeMembers(outcome)
  if (outcome.accepted > 0 || outcome.ignored > 0) return { status: 202, contentType: 'application/json', body: JSON.stringify(members) }
  const problem = {
    type: 'about:blank',
    title: 'Unprocessable Entity',
    status: 422,
    code: 'all_rejected',
    detail: 'Every event was rejected.',
    ...members,
  }
  return { status: 422, contentType: 'application/problem+json', body: JSON.stringify(problem) }
}
