import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { describe, expect, it } from 'vitest'
import { DIALECTS, type Outcome } from './index.ts'
import { dialectOf, RECEIVED_AT, read, requestTo } from './parsing.test-data.ts'

const OUTCOME: Outcome = {
  accepted: 0,
  quarantined: 0,
  flagged: 0,
  rejected: [],
  moreRejected: {},
  ignored: 1,
  unmapped: ['feature flags'],
}
const FORM = 'application/x-www-form-urlencoded'

describe('PostHog', () => {
  const event = { event: 'run', distinct_id: 'ann', timestamp: '2026-03-01T11:00:00.123456+00:00' }
  const bodyOf = (path: string, outcome: Outcome) => {
    const request = requestTo(path)
    return JSON.parse(String(dialectOf(request)?.answer(outcome, request).body))
  }

  it.each(['/flags', '/decide'])('%s has no flags, so that its clients go on', path => {
    const body = Buffer.from(JSON.stringify({ token: 'key', distinct_id: 'ann', groups: {} })).toString('base64')
    const given = { type: FORM, query: { compression: 'base64', v: '2' } }
    expect(read(path, `data=${encodeURIComponent(body)}`, given)).toMatchObject({
      events: ['ignored'],
      keys: ['key'],
      unmapped: ['feature flags'],
    })
    expect(bodyOf(path, OUTCOME)).toMatchObject({
      flags: {},
      featureFlags: {},
      featureFlagPayloads: {},
      errorsWhileComputingFlags: false,
      sessionRecording: false,
      unmapped: ['feature flags'],
    })
  })
  it('members that have no place are named', () => {
    const item = {
      ...event,
      type: 'capture',
      library: 'posthog-node',
      library_version: '4',
      $set: { a: 1 },
      $set_once: { b: 1 },
      send_feature_flags: true,
    }
    expect(read('/batch', { api_key: 'key', historical_migration: true, batch: [item] })).toMatchObject({
      events: [{ event: 'run', user_id: 'ann' }],
      unmapped: ['$set', '$set_once', 'send_feature_flags'],
    })
    expect(read('/e', { api_key: 'key', ...event }).unmapped).toEqual([])
  })
  it('the clock at sending is a field of either name, in any form of RFC 3339', () => {
    for (const name of ['sent_at', 'sentAt'])
      expect(read('/batch', { api_key: 'key', [name]: '2026-03-01T12:00:00.000000+00:00', batch: [event] }).sentAt).toBe(RECEIVED_AT)
  })
  it('a compression that is unknown counts as a content encoding, which is refused by its name', () => {
    const encodingOf = (compression: string) => dialectOf(requestTo('/e'))?.encoding?.(requestTo('/e', { query: { compression } }))
    expect(['gzip', 'gzip-js', 'base64', 'lz64'].map(encodingOf)).toEqual(['gzip', 'gzip', undefined, 'lz64'])
  })
  it('a base64 form with blanks for plus signs, a byte order mark and an array', () => {
    const json = Buffer.from(`\ufeff${JSON.stringify([{ token: 'key', ...event, properties: { category: '~~>>??' } }])}`)
    const form = `data=${json.toString('base64').replaceAll('+', ' ')}`
    expect(read('/e', form, { type: `${FORM}; charset=UTF-8`, query: { compression: 'base64' } }).events).toMatchObject([
      { event: 'run', properties: { category: '~~>>??' } },
    ])
  })
})

describe('Segment', () => {
  const call = { type: 'track', event: 'run', anonymousId: 'ann', timestamp: '2026-03-01T11:00:00Z' }

  it('the short paths of the library for browsers', () => {
    expect(read('/v1/t', { ...call, writeKey: 'key' }, { type: 'text/plain' })).toMatchObject({ events: [{ event: 'run' }], keys: ['key'] })
    expect(read('/v1/p', { anonymousId: 'ann', writeKey: 'key' }).events).toMatchObject([{ event: 'page' }])
    for (const path of ['/v1/i', '/v1/g', '/v1/s', '/v1/a'])
      expect(read(path, { userId: 'ann', writeKey: 'key' }).events).toEqual(['ignored'])
    for (const path of ['/v1/b', '/v1/import'])
      expect(read(path, { batch: [call], writeKey: 'key' }).events).toMatchObject([{ event: 'run' }])
  })
  it('fields of the context and the name of a page have no place, and are named', () => {
    const page = {
      type: 'page',
      name: 'Home',
      category: 'Docs',
      userId: 7,
      context: { ip: '10.0.0.1', app: { version: '1' }, sessionId: 's' },
    }
    expect(read('/v1/batch', { context: { os: { name: 'macOS' } }, batch: [page, call] })).toMatchObject({
      events: [{ event: 'page', user_id: '7', session_id: 's' }, { event: 'run' }],
      unmapped: ['name', 'category', 'context.os', 'context.ip', 'context.app'],
    })
  })
  it('traits and former ids of ignored calls are stored nowhere', () => {
    const batch = ['identify', 'group', 'alias', 'screen'].map(type => ({
      type,
      userId: 'ann',
      traits: { a: 1 },
      groupId: 'g',
      previousId: 'p',
    }))
    expect(read('/v1/batch', { batch }).events).toEqual(Array(4).fill('ignored'))
  })
  it('the clock at sending may be in the calls of a batch', () => {
    const sentAt = '2026-03-01T12:00:00.000Z'
    expect(read('/v1/batch', { batch: [{ ...call, sentAt }] }).sentAt).toBe(RECEIVED_AT)
    expect(read('/v1/track', { ...call, sentAt }).sentAt).toBe(RECEIVED_AT)
  })
})

describe('OTLP logs', () => {
  const request = (attributes: readonly object[]) => ({
    resourceLogs: [{ scopeLogs: [{ logRecords: [{ eventName: 'run', attributes }] }] }],
  })
  const propertiesOf = (read: { readonly events: readonly unknown[] }) => (read.events[0] as { properties: unknown }).properties

  it('a nested value or bytes is no scalar in either encoding', () => {
    const attributes = [
      { key: 'list', value: { arrayValue: { values: [{ intValue: '1' }] } } },
      { key: 'map', value: { kvlistValue: { values: [{ key: 'a', value: { stringValue: 'b' } }] } } },
      { key: 'bytes', value: { bytesValue: 'AAEC' } },
      { key: 'none', value: {} },
      { key: 'absent' },
      { key: 'long', value: { intValue: '9007199254740993' } },
      { key: 'double', value: { doubleValue: '0.25' } },
      { key: 'empty', value: { stringValue: '' } },
    ]
    const expected = { list: {}, map: {}, bytes: {}, none: null, absent: null, long: 9007199254740992, double: 0.25, empty: '' }
    expect(propertiesOf(read('/v1/logs', request(attributes)))).toEqual(expected)
    const pair = (key: string, value: Uint8Array) => new BinaryWriter().tag(1, 2).string(key).tag(2, 2).bytes(value).finish()
    const nested = (field: number) =>
      new BinaryWriter()
        .tag(field, 2)
        .bytes(new Uint8Array([1, 2]))
        .finish()
    const record = new BinaryWriter().tag(12, 2).string('run')
    for (const [i, key] of ['list', 'map', 'bytes'].entries()) record.tag(6, 2).bytes(pair(key, nested(i + 5)))
    expect(propertiesOf(read('/v1/logs', wrapped(record.finish()), { type: 'application/x-protobuf' }))).toEqual({
      list: {},
      map: {},
      bytes: {},
    })
  })
  it('fields that are not in the schema are skipped, whatever their type', () => {
    const record = new BinaryWriter().tag(12, 2).string('run')
    record
      .tag(100, 0)
      .int64(7)
      .tag(101, 1)
      .fixed64('7')
      .tag(102, 5)
      .fixed32(7)
      .tag(103, 2)
      .bytes(new Uint8Array(3))
      .tag(104, 3)
      .tag(1, 0)
      .int32(1)
      .tag(104, 4)
    expect(read('/v1/logs', wrapped(record.finish()), { type: 'application/x-protobuf; charset=utf-8' }).events).toMatchObject([
      { event: 'run' },
    ])
  })

  function wrapped(record: Uint8Array): Uint8Array {
    const scopeLogs = new BinaryWriter().tag(2, 2).bytes(record).tag(3, 2).string('schema').finish()
    return new BinaryWriter().tag(1, 2).bytes(new BinaryWriter().tag(2, 2).bytes(scopeLogs).tag(9, 0).int32(1).finish()).finish()
  }
})

describe('CloudEvents', () => {
  const event = { specversion: '1.0', id: 'c', source: '/cli', type: 'run', data: { category: 'x' } }
  const structured = { type: 'application/cloudevents+json; charset="UTF-8"' }

  it('headers may be quoted and percent-encoded', () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': '"c"',
      'ce-source': '%2Fcli',
      'ce-type': '"r\\un"',
      'ce-subject': '%E7%94%A8%E6%88%B7',
      'ce-userid': 'a%zz',
    }
    const [binary] = read('/v1/events', event.data, { headers }).events as { id: string }[]
    expect(binary).toMatchObject({ event: 'run', user_id: 'a%zz' })
    expect(binary?.id).toBe((read('/v1/events', event, structured).events[0] as { id: string }).id)
  })
  it('binary without data, with a schema, and base64 with a byte order mark', () => {
    const headers = {
      'ce-specversion': '1.0',
      'ce-id': 'c',
      'ce-source': '/cli',
      'ce-type': 'run',
      'ce-dataschema': 'https://example.com/run.json',
    }
    expect(read('/v1/events', '', { headers, type: '' })).toMatchObject({ events: [{ event: 'run', properties: {} }], unmapped: [] })
    const data_base64 = Buffer.from('\ufeff{"category":"x"}').toString('base64')
    expect(read('/v1/events', { ...event, data: undefined, data_base64 }, structured).events).toMatchObject([
      { properties: { category: 'x' } },
    ])
  })
  it('data of another media type is refused for its form, not for its text', () => {
    expect(read('/v1/events', { ...event, datacontenttype: 'text/xml', data: '<x/>' }, structured).events).toEqual(['wrong_type'])
    const headers = { 'ce-specversion': '1.0', 'ce-id': 'c', 'ce-source': '/cli', 'ce-type': 'run' }
    expect(dialectOf(requestTo('/v1/events', { headers, type: 'text/xml' }))).toBeUndefined()
  })
})

describe('every dialect', () => {
  it.each(DIALECTS.filter(({ name }) => name !== 'otlp-logs').flatMap(({ name, paths }) => paths.map(path => [name, path] as const)))(
    '%s at %s refuses an empty body and no UTF-8 as malformed',
    (name, path) => {
      const type = name === 'cloudevents' ? 'application/cloudevents+json' : 'application/json'
      for (const body of ['', '\ufeff', new Uint8Array([0x7b, 0xff, 0x7d])]) expect(read(path, body, { type }).fault).toBe('malformed')
    },
  )
})
