import type { Warehouse } from '@northstar/clickhouse'
import { ENCODINGS, PERSONAL_STRINGS } from '../../packages/events/src/personal-strings.test-data.ts'
import { WRITE_KEY } from './installation.ts'

const ENCODERS = Object.values(ENCODINGS)

/** Every personal string in every encoding. */
export const TEXTS: readonly string[] = PERSONAL_STRINGS.flatMap(({ before, part, after }) =>
  ENCODERS.map(encode => encode(before + part + after)),
)

/** Every personal string in one encoding; another turn selects other encodings. */
const someTexts = (turn: number): readonly string[] =>
  PERSONAL_STRINGS.map(({ before, part, after }, i) => (ENCODERS[(i + turn) % ENCODERS.length] ?? String)(before + part + after))

/** A version may be four numbers, so an address that stands alone in one is taken. */
const isVersion = (text: string) => /^\d+(?:(?:\.|%2E|\\+u002e|&#46;|&#x2e;)\d+){3}$/i.test(text)

type Fields = Readonly<Record<string, unknown>>

/** Events of a body with the text in every field of the dialect, by path. */
interface Sent {
  readonly path: string
  readonly type: string
  readonly eventsOf: (text: string) => readonly Fields[]
  readonly body: (events: readonly Fields[]) => string
}

const crash = (text: string) => ({ stack_trace: text, ...(!isVersion(text) && { version: text }) })
const PROPERTIES = (text: string): readonly Fields[] => [
  { stack_trace: text },
  crash(text),
  { platform: text },
  { [text]: 1 },
  { unknown: text },
  { stack_trace: { nested: text } },
]

const NATIVE: Sent = {
  path: '/v1/events',
  type: 'application/json',
  eventsOf: text => {
    const whose = { user_id: 'u', session_id: 's' }
    return [
      { event: text, ...whose },
      { event: 'crash', ...whose, [text]: text },
      ...['id', 'user_id', 'session_id', 'timestamp', 'stack_trace'].map(field => ({ event: 'crash', ...whose, [field]: text })),
      ...PROPERTIES(text).map(properties => ({ event: 'crash', ...whose, properties })),
      { event: 'command_generated', ...whose, properties: { category: text } },
      { event: 'feature_used', ...whose, properties: { feature: text } },
    ]
  },
  body: JSON.stringify,
}

const POSTHOG: Sent = {
  path: '/batch',
  type: 'application/json',
  eventsOf: text => [
    { event: text, distinct_id: 'u' },
    { event: 'crash', distinct_id: text, properties: { $session_id: text, $lib: text } },
    { event: 'crash', distinct_id: 'u', uuid: text, timestamp: text },
    { event: '$identify', distinct_id: text, properties: { $set: { mail: text } } },
    ...PROPERTIES(text).map(properties => ({ event: 'crash', distinct_id: 'u', properties })),
  ],
  body: batch => JSON.stringify({ api_key: WRITE_KEY, batch }),
}

const SEGMENT: Sent = {
  path: '/v1/batch',
  type: 'application/json',
  eventsOf: text => [
    { type: 'track', event: text, userId: 'u' },
    { type: text, event: 'crash', userId: 'u' },
    { type: 'track', event: 'crash', userId: text, messageId: text, context: { sessionId: text, ip: text } },
    { type: 'identify', userId: text, traits: { email: text } },
    ...PROPERTIES(text).map(properties => ({ type: 'track', event: 'crash', userId: 'u', properties })),
  ],
  body: batch => JSON.stringify({ writeKey: WRITE_KEY, batch, context: {} }),
}

const attributes = (fields: Fields) => Object.entries(fields).map(([key, value]) => ({ key, value: { stringValue: value } }))

const OTLP: Sent = {
  path: '/v1/logs',
  type: 'application/json',
  eventsOf: text => [
    { eventName: text, attributes: attributes({ 'user.id': 'u' }) },
    {
      eventName: 'crash',
      body: { stringValue: text },
      severityText: text,
      attributes: attributes({ 'user.id': text, 'session.id': text }),
    },
    ...PROPERTIES(text).map(properties => ({ eventName: 'crash', attributes: attributes({ 'user.id': 'u', ...properties }) })),
  ],
  body: logRecords =>
    JSON.stringify({ resourceLogs: [{ resource: { attributes: [] }, scopeLogs: [{ scope: { name: 'x' }, logRecords }] }] }),
}

const CLOUDEVENTS: Sent = {
  path: '/v1/events',
  type: 'application/cloudevents-batch+json',
  eventsOf: text => {
    const head = { specversion: '1.0', id: 'c', source: '/cli', type: 'crash' }
    return [
      { ...head, type: text, data: { user_id: 'u' } },
      { ...head, id: text, source: text, subject: text, data: {}, userid: text, traceparent: text },
      { ...head, data_base64: Buffer.from(JSON.stringify({ user_id: 'u', stack_trace: text })).toString('base64') },
      ...PROPERTIES(text).map(properties => ({ ...head, data: { user_id: 'u', ...properties } })),
    ]
  },
  body: JSON.stringify,
}

const SENTRY: Sent = {
  path: '/api/1/envelope',
  type: 'application/x-sentry-envelope',
  eventsOf: text => {
    const failure = (fields: Fields) => ({ type: 'Error', mechanism: { handled: false }, ...fields })
    const event = (fields: Fields, more: Fields = {}) => ({
      user: { id: 'u' },
      level: 'error',
      exception: { values: [failure(fields)] },
      ...more,
    })
    return [
      event({ type: text, value: text }),
      event({ stacktrace: { frames: [{ function: text, filename: text, vars: { name: text }, module: text }] } }),
      event({}, { user: { id: text, email: text, ip_address: text, username: text } }),
      event({}, { tags: { session_id: text, other: text }, contexts: { os: { name: text }, device: { name: text } } }),
      event({}, { event_id: text, server_name: text, message: text, breadcrumbs: { values: [{ message: text }] }, request: { url: text } }),
      ...(isVersion(text) ? [] : [event({}, { release: text })]),
    ]
  },
  body: events =>
    [JSON.stringify({ dsn: `https://${WRITE_KEY}@x/1` }), ...events.flatMap(event => ['{"type":"event"}', JSON.stringify(event)])].join(
      '\n',
    ),
}

const DIALECTS = { native: NATIVE, posthog: POSTHOG, segment: SEGMENT, otlp: OTLP, cloudevents: CLOUDEVENTS, sentry: SENTRY }

const AT_ONCE = 40

/**
 * Sends the texts in every field of every dialect, in paths, queries and headers too. Returns how many bodies were answered, by status.
 * @param everywhere every encoding in every dialect; else in the native one alone, and in the others each string in another one of them
 */
export async function sendTexts(url: string, everywhere: boolean): Promise<Readonly<Record<string, number>>> {
  const statuses: Record<string, number> = {}
  const post = async (path: string, type: string, body: string, headers: Readonly<Record<string, string>> = {}) => {
    const sent = { authorization: `Bearer ${WRITE_KEY}`, 'content-type': type, ...headers }
    const { status } = await fetch(url + path, { method: 'POST', headers: sent, body })
    statuses[status] = (statuses[status] ?? 0) + 1
  }
  for (const [turn, { path, type, eventsOf, body }] of Object.values(DIALECTS).entries()) {
    const texts = everywhere || turn === 0 ? TEXTS : someTexts(turn)
    for (let at = 0; at < texts.length; at += AT_ONCE) await post(path, type, body(texts.slice(at, at + AT_ONCE).flatMap(eventsOf)))
  }
  for (const text of everywhere ? TEXTS : someTexts(0)) {
    const encoded = encodeURIComponent(text)
    const plain = text.replace(/[^\x20-\x7e]/g, '')
    await post(`/v1/events?user=${encoded}`, 'application/json', '{}', { 'user-agent': plain, referer: plain, cookie: plain })
    await post(`/api/${encoded}/envelope?sentry_client=${encoded}`, SENTRY.type, text)
    await post('/v1/events', 'application/json', text)
    await post('/v1/events', text === plain && text !== '' ? encoded : 'text/plain', '{}')
  }
  return statuses
}

const NEEDLES = new Map<number, Buffer[]>()
for (const { part } of PERSONAL_STRINGS) {
  for (const encode of Object.values(ENCODINGS)) {
    const needle = Buffer.from(encode(part))
    const start = needle.readUInt32LE(0)
    NEEDLES.set(start, [...(NEEDLES.get(start) ?? []), needle])
  }
}

/** The personal strings that the bytes contain, in any encoding. */
export function personalIn(bytes: Buffer): readonly string[] {
  const found = new Set<string>()
  for (let at = 0; at + 4 <= bytes.length; at++) {
    for (const needle of NEEDLES.get(bytes.readUInt32LE(at)) ?? []) {
      if (bytes.subarray(at, at + needle.length).equals(needle)) found.add(needle.toString())
    }
  }
  return [...found]
}

/** Every value of every table, as text. */
export async function allRows(warehouse: Pick<Warehouse, 'query'>): Promise<Readonly<Record<string, string>>> {
  const tables = await warehouse.query<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = currentDatabase() AND endsWith(engine, 'MergeTree')",
  )
  const rows: Record<string, string> = {}
  for (const { name } of tables)
    rows[name] = (await warehouse.query(`SELECT * FROM ${name}`)).map(row => Object.values(row as object).join('\n')).join('\n')
  return rows
}
