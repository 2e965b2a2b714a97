import { type Dialect, type DialectRequest, IGNORED, mediaType, outcomeMembers, type ParseContext } from './dialect.ts'
import { emptyFields, fault, fieldsOf, idText, isFields, parseJson, stringsNamed, timeOf, tooMany } from './json-body.ts'

/** Events in which PostHog's clients describe people; ignored unless the plan declares them. */
const PERSON_EVENTS: ReadonlySet<unknown> = new Set(['$identify', '$create_alias', '$set', '$groupidentify', '$merge_dangerously'])
/** Properties that become fields of the native event, and the write key. */
const PLACED: ReadonlySet<string> = new Set(['distinct_id', '$session_id', 'token'])
/** Members of an event that are mapped to the native event, or are its envelope. */
const KNOWN: ReadonlySet<string> = new Set(
  'event distinct_id $distinct_id properties timestamp offset uuid type library library_version api_key token batch sent_at sentAt historical_migration'.split(
    ' ',
  ),
)
/** Paths by which clients ask for feature flags, and the answer that there are none. */
const FLAG_PATHS: ReadonlySet<string> = new Set(['/flags', '/decide'])
const NO_FLAGS = {
  flags: {},
  featureFlags: {},
  featureFlagPayloads: {},
  errorsWhileComputingFlags: false,
  supportedCompression: ['gzip', 'gzip-js'],
  sessionRecording: false,
  surveys: false,
}

/** The capture API of PostHog: one event, or a batch; in JSON, gzipped, or base64 in a form. */
export const posthog: Dialect = {
  name: 'posthog',
  paths: ['/batch', '/capture', '/e', '/track', '/engage', '/i/v0/e', ...FLAG_PATHS],
  contentTypes: ['application/json', 'text/plain'],
  findKeys: (body, request) => stringsNamed(payloadOf(body, request), ['api_key', 'token']),
  recognises: () => true,
  encoding: ({ query }) => encodingOf(query.compression),
  *parse(body, context) {
    const parsed = parseJson(payloadOf(body, context), context.limits)
    if (!parsed.ok) return parsed
    yield
    const envelope = fieldsOf(parsed.value)
    const items = Array.isArray(parsed.value) ? parsed.value : Array.isArray(envelope.batch) ? envelope.batch : [parsed.value]
    if (items.length === 0) return fault('malformed', 'the batch holds no event')
    if (items.length > context.limits.maxEvents) return tooMany(context.limits)
    const unmapped = new Set<string>()
    return {
      ok: true,
      batch: {
        items,
        toEvent: item => toEvent(item, context, unmapped),
        sentAt: sentAt(context.query._, envelope.sent_at ?? envelope.sentAt),
        unmapped,
      },
    }
  },
  answer(outcome, { path, query }) {
    const members = { ...(FLAG_PATHS.has(path) && NO_FLAGS), ...outcomeMembers(outcome) }
    if (query.beacon === '1') return { status: 204, contentType: 'text/plain', body: '' }
    return { status: 200, contentType: 'application/json', body: JSON.stringify({ status: 1, ...members }) }
  },
}

/** Base64 is decoded by {@link payloadOf}. */
function encodingOf(compression: unknown): string | undefined {
  if (typeof compression !== 'string' || compression === 'base64') return undefined
  return compression === 'gzip-js' ? 'gzip' : compression
}

/** The JSON text of a body, which may be encoded in base64 and in a form. */
function payloadOf(body: Uint8Array, { headers, query }: DialectRequest): Uint8Array {
  const isForm = mediaType(headers['content-type']).type === 'application/x-www-form-urlencoded'
  if (!isForm && query.compression !== 'base64') return body
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')
  const data = isForm || text.startsWith('data=') ? (new URLSearchParams(text).get('data') ?? '') : text
  // A form turns the `+` of base64 into a space.
  return /^\s*[[{]/.test(data) ? Buffer.from(data) : Buffer.from(data.replaceAll(' ', '+'), 'base64')
}

function toEvent(item: unknown, { path, receivedAt, declares }: ParseContext, unmapped: Set<string>): unknown {
  if (FLAG_PATHS.has(path)) unmapped.add('feature flags')
  if (FLAG_PATHS.has(path) || path === '/engage') return IGNORED
  if (!isFields(item)) return item
  if (PERSON_EVENTS.has(item.event) && !declares(String(item.event))) return IGNORED
  for (const name in item) if (!KNOWN.has(name)) unmapped.add(name.slice(0, 64))
  const given = fieldsOf(item.properties)
  const properties = emptyFields()
  for (const name in given) {
    if (PLACED.has(name)) continue
    // Clients add `$lib` and the like to each event; no tracking plan can declare such a name.
    if (name.startsWith('$')) unmapped.add(name.slice(0, 64))
    else properties[name] = given[name]
  }
  const isOffset = item.timestamp === undefined && typeof item.offset === 'number'
  return {
    event: item.event,
    id: item.uuid,
    timestamp: isOffset ? receivedAt - Number(item.offset) : item.timestamp,
    user_id: idText(item.distinct_id ?? item.$distinct_id ?? given.distinct_id),
    session_id: idText(given.$session_id),
    properties,
  }
}

const sentAt = (query: unknown, field: unknown): number | undefined =>
  typeof query === 'string' && /^\d{1,16}$/.test(query) ? Number(query) : timeOf(field)
