import { type Dialect, type DialectRequest, IGNORED, outcomeMembers } from './dialect.ts'
import { emptyFields, type Fields, fault, fieldsOf, idText, listOf, parseJson, stringsNamed, timeOf, tooMany } from './json-body.ts'

/** Limits of a stack trace, frames of one exception and characters: enough to distinguish crashes. */
const MAX_FRAMES = 50
const MAX_TRACE = 8_000
const PLATFORMS: Readonly<Record<string, string>> = {
  darwin: 'macos',
  macos: 'macos',
  'mac os x': 'macos',
  linux: 'linux',
  windows: 'windows',
}

/**
 * Sentry's envelopes. An unhandled or fatal error becomes a `crash` with `platform`, `version` and `stack_trace`; other items are accepted
 * and ignored, and the answer names their types.
 */
export const sentry: Dialect = {
  name: 'sentry',
  paths: ['/api/{project}/envelope'],
  contentTypes: ['application/x-sentry-envelope'],
  findKeys: (body, request) => [...keysOfRequest(request), ...stringsNamed(body, ['dsn']).flatMap(keyOfDsn)],
  recognises: () => true,
  *parse(body, context) {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    const [head, start] = lineAt(bytes, 0)
    const envelope = parseJson(head, context.limits)
    if (!envelope.ok) return envelope
    const items: Item[] = []
    const unmapped = new Set<string>()
    for (let at = start; at < bytes.length; ) {
      const [line, from] = lineAt(bytes, at)
      at = from
      if (line.length === 0) continue
      const header = parseJson(line, context.limits)
      if (!header.ok) return header
      const { type, length } = fieldsOf(header.value)
      const [payload, next] = typeof length === 'number' ? sized(bytes, from, length) : lineAt(bytes, from)
      if (payload === null) return fault('malformed', 'an item is longer than the envelope')
      at = next
      if (items.length === context.limits.maxEvents) return tooMany(context.limits)
      if (type !== 'event') {
        items.push({ type: textOf(type).slice(0, 64) || 'an item without a type' })
        continue
      }
      const event = parseJson(payload, context.limits)
      if (!event.ok) return event
      items.push({ type: 'event', event: fieldsOf(event.value) })
      yield
    }
    const sentAt = timeOf(fieldsOf(envelope.value).sent_at)
    return { ok: true, batch: { items, toEvent: item => toEvent(item as Item, unmapped), sentAt, unmapped } }
  },
  answer: outcome => ({ status: 200, contentType: 'application/json', body: JSON.stringify(outcomeMembers(outcome)) }),
}

/** An item of an envelope; those of other types than `event` are not read. */
interface Item {
  readonly type: string
  readonly event?: Fields
}

/** The line at `start` without its line end, and the start of the next line. */
function lineAt(bytes: Buffer, start: number): readonly [Buffer, number] {
  const found = bytes.indexOf(10, start)
  const end = found < 0 ? bytes.length : found
  return [bytes.subarray(start, end), end + 1]
}

function sized(bytes: Buffer, start: number, length: number): readonly [Buffer | null, number] {
  if (!Number.isInteger(length) || length < 0 || start + length > bytes.length) return [null, 0]
  // A line end follows; it is optional after the last item.
  return [bytes.subarray(start, start + length), start + length + 1]
}

/** The key of `X-Sentry-Auth: Sentry sentry_key=KEY, …` or of the query. */
function keysOfRequest({ headers, query }: DialectRequest): readonly string[] {
  const inHeader = /\bsentry_key=([\x21-\x2b\x2d-\x7e]{1,512})/.exec(textOf(headers['x-sentry-auth']))?.[1]
  return [inHeader, query.sentry_key].filter(key => typeof key === 'string')
}

function keyOfDsn(dsn: string): readonly string[] {
  const key = URL.canParse(dsn) ? new URL(dsn).username : ''
  return key === '' ? [] : [key]
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Exceptions are a list, or an object with the list `values`. */
const exceptionsOf = ({ exception }: Fields): readonly Fields[] => listOf(fieldsOf(exception).values ?? exception).map(fieldsOf)

function toEvent({ type, event }: Item, unmapped: Set<string>): unknown {
  const exceptions = event ? exceptionsOf(event) : []
  const isUnhandled = exceptions.some(({ mechanism }) => fieldsOf(mechanism).handled === false)
  if (!event || (!isUnhandled && event.level !== 'fatal')) {
    unmapped.add(event ? 'event that is no crash' : type)
    return IGNORED
  }
  const contexts = fieldsOf(event.contexts)
  const tags = tagsOf(event.tags)
  const properties = emptyFields()
  const platform = PLATFORMS[textOf(fieldsOf(contexts.os).name).toLowerCase()]
  if (platform !== undefined) properties.platform = platform
  // `app@1.1.0` is the version 1.1.0.
  if (typeof event.release === 'string') properties.version = event.release.slice(event.release.lastIndexOf('@') + 1)
  if (exceptions.length > 0) properties.stack_trace = traceOf(exceptions)
  return {
    event: 'crash',
    id: event.event_id,
    timestamp: typeof event.timestamp === 'number' ? event.timestamp * 1_000 : event.timestamp,
    user_id: idText(fieldsOf(event.user).id),
    session_id: idText(tags.session_id ?? tags['session.id']),
    properties,
  }
}

/** Tags are an object or a list of pairs. */
const tagsOf = (tags: unknown): Fields =>
  Array.isArray(tags)
    ? Object.fromEntries(tags.filter(tag => Array.isArray(tag)).map(([name, value]) => [textOf(name), value]))
    : fieldsOf(tags)

/** Exception types and function names, the innermost first. Messages, paths and values are left out: they may be personal data. */
function traceOf(exceptions: readonly Fields[]): string {
  const lines = exceptions.toReversed().flatMap(({ type, stacktrace }) => {
    const frames = listOf(fieldsOf(stacktrace).frames).slice(-MAX_FRAMES).toReversed()
    return [textOf(type) || 'Error', ...frames.map(frame => `  at ${textOf(fieldsOf(frame).function) || '?'}`)]
  })
  return lines.join('\n').slice(0, MAX_TRACE)
}
