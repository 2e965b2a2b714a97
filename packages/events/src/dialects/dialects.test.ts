import { BinaryWriter } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DIALECTS, type Outcome } from './index.ts'
import { dialectOf, RECEIVED_AT, read, requestTo } from './parsing.test-data.ts'

const OUTCOME: Outcome = { accepted: 2, quarantined: 0, flagged: 0, rejected: [], moreRejected: {}, ignored: 0, unmapped: [] }
const PARTLY: Outcome = {
  accepted: 1,
  quarantined: 0,
  flagged: 0,
  rejected: [{ index: 1, code: 'unknown_event', field: 'event', message: 'there is no event "x"' }],
  moreRejected: { too_old: 3 },
  ignored: 2,
  unmapped: ['$lib'],
}
const answer = (path: string, outcome: Outcome, given = {}) => {
  const request = requestTo(path, given)
  return dialectOf(request)?.answer(outcome, request)
}

describe('PostHog', () => {
  const event = { event: 'run', distinct_id: 'ann', uuid: 'u-1', timestamp: '2026-03-01T11:00:00Z' }
  const properties = { category: 'x', $session_id: 's', $lib: 'posthog-node', token: 'key' }
  const expected = {
    event: 'run',
    id: 'u-1',
    timestamp: '2026-03-01T11:00:00Z',
    user_id: 'ann',
    session_id: 's',
    properties: { category: 'x' },
  }

  it('batch', () => {
    const body = {
      api_key: 'key',
      batch: [{ ...event, properties }, { ...event, distinct_id: 7 }, { event: '$identify', distinct_id: 'ann' }, 7],
    }
    expect(read('/batch', body, { query: { _: '1772366400000' } })).toEqual({
      dialect: 'posthog',
      events: [expected, { ...expected, user_id: '7', session_id: undefined, properties: {} }, 'ignored', 7],
      keys: ['key'],
      sentAt: 1_772_366_400_000,
      unmapped: ['$lib'],
    })
  })
  it.each(['/capture', '/e', '/track', '/i/v0/e'])('one event at %s', path => {
    expect(read(path, { api_key: 'key', ...event, properties })).toMatchObject({ events: [expected], keys: ['key'] })
    expect(read(path, { ...event, properties: { ...properties, distinct_id: 'ann' }, distinct_id: undefined })).toMatchObject({
      events: [expected],
      keys: ['key'],
    })
  })
  it('base64, plain and in a form', () => {
    const json = JSON.stringify({ token: 'key', ...event, properties })
    const base64 = Buffer.from(json).toString('base64')
    const query = { compression: 'base64' }
    expect(read('/e', base64, { query, type: 'text/plain' })).toMatchObject({ events: [expected], keys: ['key'] })
    const form = { type: 'application/x-www-form-urlencoded' }
    expect(read('/e', `data=${encodeURIComponent(base64)}`, { query, ...form }).events).toEqual([expected])
    expect(read('/e', `data=${encodeURIComponent(json)}`, form).events).toEqual([expected])
  })
  it('a body that is gzipped by its query', () => {
    expect(dialectOf(requestTo('/e'))?.encoding?.(requestTo('/e', { query: { compression: 'gzip-js' } }))).toBe('gzip')
  })
  it('an offset takes the place of a timestamp', () => {
    expect(read('/e', { event: 'run', distinct_id: 'a', offset: 5_000 }).events).toMatchObject([{ timestamp: RECEIVED_AT - 5_000 }])
  })
  it('what is said about people alone is ignored', () => {
    expect(read('/engage', { $distinct_id: 'ann', $set: { a: 1 } }).events).toEqual(['ignored'])
  })
  it('answers 200, with what it dropped, and 204 to a beacon', () => {
    expect(JSON.parse(String(answer('/batch', PARTLY)?.body))).toEqual({
      status: 1,
      accepted: 1,
      rejected: PARTLY.rejected,
      more_rejected: { too_old: 3 },
      ignored: 2,
      unmapped: ['$lib'],
    })
    expect(answer('/e', OUTCOME, { query: { beacon: '1' } })).toMatchObject({ status: 204, body: '' })
  })
})

describe('Segment', () => {
  const call = {
    type: 'track',
    event: 'run',
    userId: 'ann',
    messageId: 'm',
    timestamp: '2026-03-01T11:00:00Z',
    properties: { category: 'x' },
  }
  const expected = {
    event: 'run',
    id: 'm',
    timestamp: '2026-03-01T11:00:00Z',
    user_id: 'ann',
    session_id: 's',
    properties: { category: 'x' },
  }

  it('batch, with the outer context', () => {
    const body = {
      writeKey: 'key',
      sentAt: '2026-03-01T12:00:00Z',
      context: { sessionId: 's' },
      batch: [
        call,
        { ...call, userId: undefined, anonymousId: 'anon', context: { sessionId: 't' }, extra: 1 },
        { type: 'identify', userId: 'a' },
        { type: 'page', name: 'Home' },
        { type: 'nope' },
      ],
    }
    expect(read('/v1/batch', body)).toEqual({
      dialect: 'segment',
      events: [expected, { ...expected, user_id: 'anon', session_id: 't' }, 'ignored', { event: 'page', session_id: 's' }, 'not_allowed'],
      keys: ['key'],
      sentAt: RECEIVED_AT,
      unmapped: ['extra', 'name'],
    })
  })
  it('names an anonymous id or traits that another field takes the place of', () => {
    expect(read('/v1/track', { ...call, anonymousId: 'anon', traits: { a: 1 } }).unmapped).toEqual(['anonymousId', 'traits'])
  })
  it('a single call has the type of its path', () => {
    const { type: _, ...rest } = call
    expect(read('/v1/track', { ...rest, context: { sessionId: 's' } }).events).toEqual([expected])
    expect(read('/v1/alias', { userId: 'a', previousId: 'b' }).events).toEqual(['ignored'])
  })
  it('refuses a large call and a large body', () => {
    const large = { ...call, properties: { category: 'y'.repeat(33 * 1024) } }
    expect(read('/v1/batch', { batch: [call, large] }).events).toMatchObject([{ id: 'm' }, 'too_long'])
    expect(read('/v1/batch', { batch: Array(20).fill(large) }).fault).toBe('malformed')
  })
  it('answers success, with the counts as further fields', () => {
    expect(JSON.parse(String(answer('/v1/batch', PARTLY)?.body))).toMatchObject({ success: true, accepted: 1, ignored: 2 })
  })
})

describe('CloudEvents', () => {
  const event = {
    specversion: '1.0',
    id: 'c',
    source: '/cli',
    type: 'run',
    time: '2026-03-01T11:00:00Z',
    data: { user_id: 'ann', session_id: 's', category: 'x' },
  }
  const structured = { type: 'application/cloudevents+json; charset=utf-8' }
  const expected = { event: 'run', timestamp: '2026-03-01T11:00:00Z', user_id: 'ann', session_id: 's', properties: { category: 'x' } }

  it('structured, in a batch and binary are the same event', () => {
    const one = read('/v1/events', event, structured)
    expect(one).toMatchObject({ dialect: 'cloudevents', events: [expected] })
    const base64 = { ...event, data: undefined, data_base64: Buffer.from(JSON.stringify(event.data)).toString('base64') }
    expect(read('/v1/events', [event, base64], { type: 'application/cloudevents-batch+json' }).events).toEqual([
      one.events[0],
      one.events[0],
    ])
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'c', 'ce-source': '%2Fcli', 'ce-type': 'run', 'ce-time': event.time }
    expect(read('/v1/events', event.data, { headers }).events).toEqual(one.events)
  })
  it('source and id together are the identity', () => {
    const ids = [event, { ...event, source: '/other' }, { ...event, id: 'd' }].map(
      each => read('/v1/events', each, structured).events[0] as { id: string },
    )
    expect(new Set(ids.map(({ id }) => id)).size).toBe(3)
  })
  it('takes the user from an extension, else from the subject', () => {
    const { user_id: _, ...data } = event.data
    expect(read('/v1/events', { ...event, data, subject: 'sub' }, structured).events).toMatchObject([{ user_id: 'sub' }])
    const extended = { ...event, data, subject: 'sub', userid: 'ext', sessionid: 'e', traceparent: '00' }
    expect(read('/v1/events', extended, structured)).toMatchObject({ events: [{ user_id: 'ext' }], unmapped: ['traceparent', 'subject'] })
  })
  it.each([
    ['without a version', { ...event, specversion: undefined }, 'not_allowed'],
    ['without a source', { ...event, source: '' }, 'missing_field'],
    ['with data of another form', { ...event, data: 'text' }, 'wrong_type'],
    ['with base64 of no JSON', { ...event, data: undefined, data_base64: 'AA==' }, 'wrong_type'],
  ])('one %s is refused', (_, item, code) => {
    expect(read('/v1/events', item, structured).events).toEqual([code])
  })
  it('native requests stay native', () => {
    expect(read('/v1/events', { event: 'run' }).dialect).toBe('native')
  })
})

describe('OTLP logs', () => {
  const nanos = '1772362800000000000'
  const attribute = (key: string, value: object) => ({ key, value })
  const attributes = [
    attribute('category', { stringValue: 'x' }),
    attribute('count', { intValue: '7' }),
    attribute('share', { doubleValue: 0.5 }),
    attribute('ok', { boolValue: false }),
    attribute('user.id', { stringValue: 'ann' }),
  ]
  const request = (records: readonly object[]) => ({
    resourceLogs: [
      { resource: { attributes: [attribute('session.id', { stringValue: 's' })] }, scopeLogs: [{ scope: {}, logRecords: records }] },
    ],
  })
  const expected = {
    event: 'run',
    timestamp: 1_772_362_800_000,
    user_id: 'ann',
    session_id: 's',
    properties: { category: 'x', count: 7, share: 0.5, ok: false },
  }

  /** The same request in protobuf. */
  function protobuf(): Uint8Array {
    const value = (write: (writer: BinaryWriter) => BinaryWriter) => write(new BinaryWriter()).finish()
    const pair = (key: string, bytes: Uint8Array) => new BinaryWriter().tag(1, 2).string(key).tag(2, 2).bytes(bytes).finish()
    const pairs = [
      pair(
        'category',
        value(w => w.tag(1, 2).string('x')),
      ),
      pair(
        'count',
        value(w => w.tag(3, 0).int64(7)),
      ),
      pair(
        'share',
        value(w => w.tag(4, 1).double(0.5)),
      ),
      pair(
        'ok',
        value(w => w.tag(2, 0).bool(false)),
      ),
      pair(
        'user.id',
        value(w => w.tag(1, 2).string('ann')),
      ),
    ]
    const record = new BinaryWriter().tag(1, 1).fixed64(nanos).tag(2, 0).int32(9).tag(12, 2).string('run')
    for (const bytes of pairs) record.tag(6, 2).bytes(bytes)
    const scopeLogs = new BinaryWriter().tag(1, 2).bytes(new Uint8Array()).tag(2, 2).bytes(record.finish()).finish()
    const resource = new BinaryWriter()
      .tag(1, 2)
      .bytes(
        pair(
          'session.id',
          value(w => w.tag(1, 2).string('s')),
        ),
      )
      .finish()
    return new BinaryWriter().tag(1, 2).bytes(new BinaryWriter().tag(2, 2).bytes(scopeLogs).tag(1, 2).bytes(resource).finish()).finish()
  }

  it('JSON and protobuf are the same event', () => {
    expect(read('/v1/logs', request([{ timeUnixNano: nanos, eventName: 'run', attributes }]))).toMatchObject({
      dialect: 'otlp-logs',
      events: [expected],
      unmapped: [],
    })
    expect(read('/v1/logs', protobuf(), { type: 'application/x-protobuf' }).events).toMatchObject([expected])
  })
  it('the name may be an attribute, the time the observed one, and fields without a place are named', () => {
    const record = {
      severityNumber: 9,
      severityText: 'INFO',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: '',
      flags: 0,
      timeUnixNano: '0',
      observedTimeUnixNano: nanos,
      attributes: [...attributes, attribute('event.name', { stringValue: 'run' })],
      body: { stringValue: 'text' },
    }
    expect(read('/v1/logs', request([record]))).toMatchObject({
      events: [expected],
      unmapped: ['severityNumber', 'severityText', 'body', 'traceId'],
    })
    const proto = new BinaryWriter()
      .tag(2, 0)
      .int32(9)
      .tag(3, 2)
      .string('INFO')
      .tag(9, 2)
      .bytes(new Uint8Array(16))
      .tag(5, 2)
      .bytes(new Uint8Array())
    const wrapped = [2, 2, 1].reduce((bytes, field) => new BinaryWriter().tag(field, 2).bytes(bytes).finish(), proto.finish())
    expect(read('/v1/logs', wrapped, { type: 'application/x-protobuf' }).unmapped).toEqual([
      'severityNumber',
      'severityText',
      'traceId',
      'body',
    ])
    const ofResource = {
      resourceLogs: [{ resource: { attributes: [attribute('service.name', { stringValue: 'cli' })] }, scopeLogs: [{ logRecords: [{}] }] }],
    }
    expect(read('/v1/logs', ofResource).unmapped).toEqual(['resource.service.name'])
  })
  it('a request that is sent again has the same ids, each its own', () => {
    const ids = () =>
      read('/v1/logs', request([{ eventName: 'run' }, { eventName: 'run' }])).events.map(event => (event as { id: string }).id)
    expect(new Set(ids()).size).toBe(2)
    expect(ids()).toEqual(ids())
  })
  it('answers nothing, or a partial success in the encoding of the request', () => {
    expect(answer('/v1/logs', OUTCOME)?.body).toBe('{}')
    expect(JSON.parse(String(answer('/v1/logs', PARTLY)?.body))).toEqual({
      partialSuccess: { rejectedLogRecords: '4', errorMessage: 'record 1: there is no event "x"; not stored: $lib' },
    })
    const type = 'application/x-protobuf'
    expect(answer('/v1/logs', OUTCOME, { type })).toEqual({ status: 200, contentType: type, body: new Uint8Array(0) })
    expect(Buffer.from(answer('/v1/logs', PARTLY, { type })?.body as Uint8Array).toString('latin1')).toContain('no event "x"')
  })
  it('nesting costs no stack', () => {
    let bytes = new Uint8Array()
    for (let i = 0; i < 10_000; i++) bytes = new BinaryWriter().tag(5, 2).bytes(bytes).finish() as Uint8Array<ArrayBuffer>
    const groups = new Uint8Array(1_000_000).fill(0x0b)
    for (const hostile of [bytes, groups]) expect(read('/v1/logs', hostile, { type: 'application/x-protobuf' }).events.length).toBe(0)
  })
})

describe('every dialect', () => {
  const paths = DIALECTS.flatMap(dialect => dialect.paths.map(path => [dialect.name, path] as const))
  const types = [
    'application/json',
    'application/x-protobuf',
    'application/cloudevents+json',
    'application/cloudevents-batch+json',
    'text/plain',
    'application/x-ndjson',
  ]
  const names = fc.constantFrom(
    'batch',
    'event',
    'properties',
    'distinct_id',
    '$session_id',
    'type',
    'context',
    'data',
    'id',
    'source',
    'specversion',
    'resourceLogs',
    'scopeLogs',
    'logRecords',
    'attributes',
    'key',
    'value',
    'timeUnixNano',
    '__proto__',
    'constructor',
  )
  const json = fc.letrec(tie => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.constantFrom<unknown>(null, true, -1, 1e308, '', 'x', '1.0', '__proto__'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(names, tie('value'), { maxKeys: 4 }),
    ),
  })).value

  it.each(paths)('%s at %s throws for no body', (_, path) => {
    fc.assert(
      fc.property(
        fc.oneof(
          json.map(value => JSON.stringify(value)),
          fc.uint8Array({ maxLength: 60 }),
        ),
        fc.constantFrom(...types),
        (body, type) => {
          const request = requestTo(path, { type })
          if (dialectOf(request)) read(path, body, { type })
          expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
        },
      ),
      { numRuns: 300 },
    )
  })
})
