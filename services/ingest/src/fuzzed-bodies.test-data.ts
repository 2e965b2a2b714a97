import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { KEY } from './running.test-data.ts'

export interface Body {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Buffer
}

/** A good body of a dialect, from which bad ones are made. */
interface Seed {
  readonly path: string
  readonly type: string
  readonly body: unknown
  /** How the body becomes bytes. Default: JSON. */
  readonly encode?: (body: unknown) => Buffer
}

type Random = (below: number) => number

/** The same numbers for the same seed (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below)
  }
}

const properties = { category: 'devops', ok: true, version: '1.1.0', platform: 'linux' }
const native = { event: 'run', id: 'i-1', timestamp: '2026-03-01T11:00:00Z', user_id: 'u', session_id: 's', properties }
const cloud = { specversion: '1.0', id: 'c', source: '/cli', type: 'run', subject: 'u', time: '2026-03-01T11:00:00Z', data: properties }
const attribute = (key: string, value: object) => ({ key, value })
const record = {
  timeUnixNano: '1772362800000000000',
  observedTimeUnixNano: 1_772_362_800_000_000,
  severityNumber: 9,
  eventName: 'run',
  body: { stringValue: 'text' },
  attributes: [
    attribute('category', { stringValue: 'x' }),
    attribute('ok', { boolValue: false }),
    attribute('list', { arrayValue: { values: [{ intValue: '7' }, { kvlistValue: { values: [attribute('a', { doubleValue: 0.5 })] } }] } }),
    attribute('user.id', { stringValue: 'u' }),
  ],
}
const crash = {
  event_id: '9ec79c33ec9942ab8353589fcb2e04dc',
  timestamp: 1_772_366_390.5,
  level: 'fatal',
  release: 'caro@1.1.0',
  user: { id: 'u' },
  tags: [['session.id', 's']],
  contexts: { os: { name: 'macOS' } },
  exception: { values: [{ type: 'TypeError', mechanism: { handled: false }, stacktrace: { frames: [{ function: 'main' }, {}] } }] },
}
const lines = (parts: unknown) => Buffer.from((parts as readonly unknown[]).map(part => JSON.stringify(part) ?? '').join('\n'))

/** Length-delimited field 1, and so on inward, as the protocol of logs nests them: a request with one record. */
function protobuf(): Buffer {
  const field = (number: number, bytes: Uint8Array) => Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes])
  const text = (number: number, value: string) => field(number, Buffer.from(value))
  const pair = (key: string, value: string) => Buffer.concat([text(1, key), field(2, text(1, value))])
  const time = Buffer.from([9, 0, 0x50, 0x29, 0x4a, 0x6c, 0x3f, 0x9a, 0x18])
  const one = Buffer.concat([time, field(6, pair('category', 'x')), field(6, pair('user.id', 'u')), text(12, 'run')])
  const resource = field(1, field(1, pair('session.id', 's')))
  return field(1, Buffer.concat([resource, field(2, Buffer.concat([field(1, Buffer.alloc(0)), field(2, one)]))]))
}

export const SEEDS: Readonly<Record<string, readonly Seed[]>> = {
  native: [
    { path: '/v1/events', type: 'application/json', body: [native, native] },
    { path: '/v1/events', type: 'application/x-ndjson', body: [native, native], encode: lines },
  ],
  posthog: ['/batch', '/capture', '/e', '/i/v0/e'].map(path => ({
    path,
    type: 'application/json',
    body: {
      api_key: KEY,
      batch: [{ event: 'run', distinct_id: 'u', uuid: 'x', timestamp: native.timestamp, properties: { ...properties, $session_id: 's' } }],
    },
  })),
  segment: ['/v1/batch', '/v1/track', '/v1/identify'].map(path => ({
    path,
    type: 'application/json',
    body: {
      writeKey: KEY,
      sentAt: native.timestamp,
      context: { sessionId: 's' },
      batch: [{ type: 'track', event: 'run', userId: 'u', anonymousId: 'a', messageId: 'm', timestamp: native.timestamp, properties }],
    },
  })),
  'otlp-logs': [
    {
      path: '/v1/logs',
      type: 'application/json',
      body: { resourceLogs: [{ resource: { attributes: record.attributes }, scopeLogs: [{ scope: {}, logRecords: [record, record] }] }] },
    },
    { path: '/v1/logs', type: 'application/x-protobuf', body: null, encode: protobuf },
  ],
  cloudevents: [
    { path: '/v1/events', type: 'application/cloudevents+json', body: cloud },
    { path: '/v1/events', type: 'application/cloudevents-batch+json', body: [cloud, { ...cloud, data_base64: 'e30=' }] },
  ],
  sentry: [
    {
      path: '/api/1/envelope',
      type: 'application/x-sentry-envelope',
      body: [{ dsn: `https://${KEY}@x/1`, sent_at: native.timestamp }, { type: 'event', length: 400 }, crash, { type: 'event' }, crash],
      encode: lines,
    },
  ],
}

const ODD: readonly unknown[] = [
  ...[null, true, 0, -0, -1, 0.1, 1e308, -1e308, 2 ** 53, 2 ** 63, '', ' ', '\u0000', '\ud800', 'x'.repeat(1_000), '9'.repeat(400)],
  ...['__proto__', 'constructor', 'toString', '1e999', 'NaN', '2026-02-30T25:61:61Z', '0000-01-01T00:00:00Z', '+275760-09-13T00:00:00Z'],
  ...[[], {}, [[]], [null], { toString: 1 }, { length: -1 }, JSON.parse('{"then": 1, "toJSON": 1, "__proto__": {"polluted": 1}}')],
]

/** A copy of the value in which one place is another: replaced, left out, doubled, wrapped or renamed. */
function withChange(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || random(4) === 0) {
    const odd = ODD[random(ODD.length)]
    return random(6) === 0 ? { value, odd } : random(6) === 0 ? Array(random(20)).fill(value) : odd
  }
  if (Array.isArray(value)) {
    const at = random(value.length + 1)
    return random(5) === 0 ? [...value, ...value].slice(random(3)) : value.map((one, i) => (i === at ? withChange(one, random) : one))
  }
  const entries = Object.entries(value)
  const at = random(entries.length + 1)
  const renamed = ['__proto__', 'event', 'properties', 'type', '', 'constructor', 'a'.repeat(300)][random(7)] as string
  return Object.fromEntries(
    entries.flatMap(([name, one], i) => {
      if (i !== at) return [[name, one]]
      return random(5) === 0 ? [] : [[random(6) === 0 ? renamed : name, withChange(one, random)]]
    }),
  )
}

/** The bytes with some of them changed, left out, doubled or cut off. */
function damaged(bytes: Buffer, random: Random): Buffer {
  const at = random(bytes.length + 1)
  switch (random(6)) {
    case 0:
      return bytes.subarray(0, at)
    case 1:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([random(256)]), bytes.subarray(at)])
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(8))])
    case 3:
      return Buffer.concat([bytes, bytes.subarray(at)])
    case 4:
      return Buffer.from(Array.from({ length: random(100) }, () => random(256)))
    default: {
      const changed = Buffer.from(bytes)
      for (let n = random(8); n >= 0 && changed.length > 0; n--) changed[random(changed.length)] = random(256)
      return changed
    }
  }
}

const PACKED: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gzipSync,
  deflate: bytes => (bytes.length % 2 === 0 ? deflateSync(bytes) : deflateRawSync(bytes)),
  br: bytes => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
}
const TYPES = [
  'application/json',
  'text/plain',
  'application/x-ndjson',
  'application/x-protobuf',
  'application/cloudevents+json',
  '',
  'a/b',
]

/** One body that is nearly good, or not at all. */
export function fuzzedBody(seeds: readonly Seed[], random: Random): Body {
  const { path, type, body, encode = value => Buffer.from(JSON.stringify(value) ?? '') } = seeds[random(seeds.length)] as Seed
  let changed = body
  for (let n = random(4); n > 0; n--) changed = withChange(changed, random)
  // A seed of several lines or one that is not made of JSON must stay what its encoder takes.
  let bytes = encode(Array.isArray(body) && !Array.isArray(changed) ? [changed] : changed)
  if (random(3) === 0) bytes = damaged(bytes, random)
  const names = Object.keys(PACKED)
  const encoding = random(4) === 0 ? names[random(names.length)] : undefined
  if (encoding !== undefined) bytes = (PACKED[encoding] as (bytes: Buffer) => Buffer)(bytes)
  if (encoding !== undefined && random(4) === 0) bytes = damaged(bytes, random)
  return {
    path: random(20) === 0 ? `${path}/` : path,
    headers: {
      'content-type': random(8) === 0 ? (TYPES[random(TYPES.length)] as string) : type,
      ...(random(10) !== 0 && { authorization: `Bearer ${KEY}` }),
      ...(encoding !== undefined && { 'content-encoding': random(10) === 0 ? 'gzip, br' : encoding }),
    },
    bytes,
  }
}

/** Copies of the value in each of which one place, at any depth, is another value. */
function withEachPlace(value: unknown, odd: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [odd]
  const inner = Object.entries(value).flatMap(([name, one]) =>
    withEachPlace(one, odd).map(changed =>
      Array.isArray(value) ? Object.assign([...value], { [name]: changed }) : { ...value, [name]: changed },
    ),
  )
  return [odd, ...inner]
}

/** Good bodies, in each of which one place has a value that cannot become a text. */
export function bodiesWithoutText(seeds: readonly Seed[]): readonly Body[] {
  return seeds.flatMap(({ path, type, body, encode = value => Buffer.from(JSON.stringify(value) ?? '') }) =>
    withEachPlace(body, { toString: 1 }).map(changed => ({
      path,
      headers: { 'content-type': type, authorization: `Bearer ${KEY}` },
      bytes: encode(Array.isArray(body) && !Array.isArray(changed) ? [changed] : changed),
    })),
  )
}
