import { deflateSync, gzipSync } from 'node:zlib'
import { addRecord, DuplicateWindow, decodeEvents, decodeHead, type Row, rowsOf } from '@northstar/events'
import { createWriteKey, deleteWriteKey, type KeyActivity, keyActivityDocument } from '@northstar/runtime'
import { eventually } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PostOptions, type RunningIngest, startIngest } from './running.test-data.ts'

const good = {
  event: 'run',
  id: 'one',
  timestamp: '2026-01-20T10:00:00Z',
  user_id: 'ann',
  session_id: 's',
  properties: { category: 'ops', platform: 'linux' },
}

let at: RunningIngest
beforeAll(async () => {
  at = await startIngest()
})
afterAll(async () => {
  await at?.stop()
})

async function rows(from = at): Promise<readonly Row[]> {
  const all: Row[] = []
  for (const { headers, value } of await from.records()) {
    const head = decodeHead(headers)
    if (head.outcome !== 'ok') throw new Error(head.reason)
    if (head.value.count === 0) continue
    const events = decodeEvents(value, head.value.count)
    if (events.outcome !== 'ok') throw new Error(events.reason)
    all.push(...rowsOf(events.value, head.value.ids))
  }
  return all
}
/** An event that is found again by its category: the text of its id is not stored. */
const tagged = (tag: string, more: object = {}) => ({ ...good, id: tag, properties: { ...good.properties, category: tag }, ...more })
const stored = async (tag: string) => (await rows()).filter(row => row.category === tag)

describe('what is accepted', () => {
  const two = (id: string) => [tagged(id), tagged(`${id}'`)]
  const ndjson = { 'content-type': 'application/x-ndjson' }
  it.each<[string, (id: string) => unknown, PostOptions, number]>([
    ['one event', id => tagged(id), {}, 1],
    ['an array', two, {}, 2],
    [
      'NDJSON',
      id =>
        two(id)
          .map(e => JSON.stringify(e))
          .join('\n'),
      { headers: ndjson },
      2,
    ],
    ['gzip', id => gzipSync(JSON.stringify(two(id))), { headers: { 'content-encoding': 'gzip' } }, 2],
    ['deflate', id => deflateSync(JSON.stringify(two(id))), { headers: { 'content-encoding': 'deflate' } }, 2],
    ['gzipped NDJSON', id => gzipSync(`${JSON.stringify(tagged(id))}\n`), { headers: { ...ndjson, 'content-encoding': 'gzip' } }, 1],
    ['a charset', id => tagged(id), { headers: { 'content-type': 'Application/JSON; charset="UTF-8"' } }, 1],
    ['event_type and flat properties', id => ({ event_type: 'run', id, user_id: 'u', category: id }), {}, 1],
  ])('%s', async (name, make, options, count) => {
    const answer = await at.post(make(name), options)
    expect(answer.status, answer.text).toBe(202)
    expect(answer.json).toEqual({ accepted: count, rejected: [] })
    expect(await stored(name)).toHaveLength(1)
  })

  it('is durable when it is answered, without the ids of people', async () => {
    const answer = await at.post(tagged('protected', { user_id: 'ann.secret', session_id: 'secret-session' }))
    expect(answer.status).toBe(202)
    const [row] = await stored('protected')
    expect(row).toMatchObject({ event: 'run', timestamp: Date.parse('2026-01-20T10:00:00Z'), platform: 'linux' })
    expect(row?.user_id).toMatch(/^[0-9a-f]{16}$/)
    expect(row?.session_id).toMatch(/^[0-9a-f]{16}$/)
    const bytes = (await at.records()).map(record => Buffer.from(record.value).toString()).join('')
    expect(bytes).not.toContain('secret')
    await at.post(tagged('protected again', { user_id: 'ann.secret' }))
    expect((await stored('protected again'))[0]?.user_id).toBe(row?.user_id)
  })

  it('is corrected by sent_at', async () => {
    const hour = 3_600_000
    const ahead = Date.now() + hour
    const answer = await at.post(tagged('skewed', { timestamp: ahead }), { query: `?sent_at=${ahead}` })
    expect(answer.status, answer.text).toBe(202)
    const [row] = await stored('skewed')
    expect(Math.abs((row?.timestamp ?? 0) - Date.now())).toBeLessThan(60_000)
  })

  it('from a page of another origin', async () => {
    const preflight = await fetch(`${at.url}/v1/events`, {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization')
    expect((await at.post({ ...good, id: 'cors' })).headers.get('access-control-allow-origin')).toBe('*')
    expect((await at.post('nope')).headers.get('access-control-allow-origin')).toBe('*')
  })

  it('in a large batch, while other requests are answered', async () => {
    const batch = Array.from({ length: 12_000 }, (_, i) => ({
      ...good,
      id: `large ${i}`,
      properties: { category: i % 5 ? `large ${i}` : 7 },
    }))
    const [large, small] = await Promise.all([
      at.post(gzipSync(JSON.stringify(batch)), { headers: { 'content-encoding': 'gzip' } }),
      at.post({ ...good, id: 'small' }),
    ])
    expect(small.status).toBe(202)
    expect(large.json.accepted).toBe(9_600)
    expect(large.json.rejected?.map(r => r.index)).toEqual(Array.from({ length: 100 }, (_, i) => i * 5))
    expect(large.json.more_rejected).toEqual({ wrong_type: 2_300 })
    expect((await rows()).filter(row => String(row.category).startsWith('large'))).toHaveLength(9_600)
    for (const record of await at.records()) expect(record.value.length).toBeLessThanOrEqual(256 * 1024)
  })
})

describe('identity', () => {
  const identities = async (from: RunningIngest, tag: string) => {
    const found = (await rows(from)).filter(row => row.category === tag)
    return { events: found.length, different: new Set(found.map(row => row.id)).size }
  }

  it.each([1, 8])('two users who number their events alike are both counted, and repetitions meet, in %i partitions', async partitions => {
    const many = await startIngest({}, partitions)
    try {
      const eventsOf = (user: string | undefined) =>
        Array.from({ length: 50 }, (_, i) => ({ event: 'stars', id: `${i + 1}`, user_id: user, properties: { value: i } }))
      for (const user of ['ann', 'bob', undefined]) {
        // Sent again with another session: only sender, user and id make it the same.
        for (const session of ['one', 'two']) {
          const answer = await many.post(eventsOf(user).map(event => ({ ...event, session_id: session })))
          expect(answer.json.accepted).toBe(50)
        }
      }
      const window = Array.from({ length: partitions }, () => new DuplicateWindow())
      let repeats = 0
      for (const { partition, headers, value } of await many.records()) {
        const head = decodeHead(headers)
        if (head.outcome === 'ok') repeats += addRecord(window[partition] as DuplicateWindow, 0, head.value, value).length
      }
      expect(repeats).toBe(150)
      expect(new Set((await rows(many)).map(row => row.id)).size).toBe(150)
    } finally {
      await many.stop()
    }
  })

  it('is not taken while the number of partitions changes', async () => {
    at.hold(true)
    const refused = await at.post(tagged('held'))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    at.hold(false)
    expect((await at.post(tagged('held'))).status).toBe(202)
    expect(await identities(at, 'held')).toEqual({ events: 1, different: 1 })
  })

  it('of another sender is another event, and an event without an id is never the same as another', async () => {
    const { key } = await createWriteKey(at.state, { name: 'another', environment: 'production', now: Date.now() })
    for (const sender of [undefined, key]) {
      await eventually(async () => ((await at.post(tagged('sender'), { key: sender })).status === 202 ? true : undefined))
      await at.post(tagged('no id', { id: undefined }))
    }
    expect(await identities(at, 'sender')).toEqual({ events: 2, different: 2 })
    expect(await identities(at, 'no id')).toEqual({ events: 2, different: 2 })
  })
})

describe('a bad event costs no good one', () => {
  it.each<[string, Record<string, unknown> | unknown[] | null | number, string]>([
    ['an unknown event', { ...good, event: 'rnu' }, 'unknown_event'],
    ['an unknown property', { ...good, properties: { category: 'x', nonsense: 1 } }, 'unknown_property'],
    ['an unknown field', { ...good, nonsense: 1 }, 'unknown_property'],
    ['a missing property', { ...good, properties: {} }, 'missing_field'],
    ['no user', { ...good, user_id: undefined }, 'missing_field'],
    ['a wrong type', { ...good, properties: { category: 7 } }, 'wrong_type'],
    ['null', null, 'wrong_type'],
    ['a number', 7, 'wrong_type'],
    ['a list', [], 'wrong_type'],
    ['a nested value', { ...good, properties: { category: { a: 1 } } }, 'wrong_type'],
    ['a value outside the list', { ...good, properties: { category: 'x', platform: 'amiga' } }, 'not_allowed'],
    ['a rating of 9', { event: 'survey', user_id: 'u', rating: 9 }, 'out_of_range'],
    ['an id too long', { ...good, id: 'x'.repeat(200) }, 'too_long'],
    ['a time far ahead', { ...good, timestamp: Date.now() + 3_600_000 }, 'future_timestamp'],
    ['seconds for milliseconds', { ...good, timestamp: 1_768_900_000 }, 'too_old'],
    ['an address', { event: 'crash', user_id: 'u', stack_trace: 'by ann@example.org' }, 'forbidden_data'],
  ])('%s', async (name, event, code) => {
    const beside = await at.post([tagged(`beside ${name}`), event])
    expect(beside.status, beside.text).toBe(202)
    expect(beside.json.accepted).toBe(1)
    expect(beside.json.rejected).toMatchObject([{ index: 1, code }])
    expect(beside.json.rejected?.[0]?.message).toBeTruthy()
    expect(await stored(`beside ${name}`)).toHaveLength(1)
    const alone = await at.post([event])
    expect(alone.status).toBe(422)
    expect(alone.headers.get('content-type')).toContain('application/problem+json')
    expect(alone.json).toMatchObject({ accepted: 0, rejected: [{ index: 0, code }] })
  })

  it('and is counted in the ledger', async () => {
    const counted = await eventually(async () => {
      let n = 0
      for (const { headers } of await at.records()) {
        const head = decodeHead(headers)
        if (head.outcome === 'ok') n += head.value.rejected?.not_allowed ?? 0
      }
      return n > 1 ? n : undefined
    })
    expect(counted).toBe(2)
  })
})

describe('a bad body', () => {
  const json = JSON.stringify(good)
  const gzip = { headers: { 'content-encoding': 'gzip' } }
  it.each<[string, string | Uint8Array, PostOptions, number]>([
    ['half an object', '{"event":', {}, 400],
    ['two objects', `${json}${json}`, {}, 400],
    ['nothing', '', {}, 400],
    ['spaces', '  \n ', {}, 400],
    ['a number', '7', {}, 400],
    ['a string', '"event"', {}, 400],
    ['null', 'null', {}, 400],
    ['an empty array', '[]', {}, 400],
    ['an array of null', '[null]', {}, 422],
    ['arrays 200,000 deep', '['.repeat(200_000) + ']'.repeat(200_000), {}, 400],
    ['objects 200,000 deep', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`, {}, 400],
    ['a property 1,000 deep', `{"event":"run","user_id":"u","properties":{"category":${'['.repeat(1000)}${']'.repeat(1000)}}}`, {}, 400],
    ['deep lines', '['.repeat(100), { headers: { 'content-type': 'application/x-ndjson' } }, 400],
    ['a line that is no JSON', `${json}\nnope\n`, { headers: { 'content-type': 'application/x-ndjson' } }, 400],
    ['__proto__', '{"event":"run","user_id":"u","__proto__":{"polluted":1},"properties":{"category":"x"}}', {}, 422],
    ['constructor', '{"event":"run","user_id":"u","constructor":{"prototype":{"polluted":1}},"category":"x"}', {}, 422],
    ['duplicate keys and NUL', '{"event":"run","event":"crash","user_id":"\\u0000","properties":{}}', {}, 202],
    ['a quote and a semicolon', JSON.stringify({ ...good, id: "');DROP TABLE events;--", user_id: "\\'; DROP TABLE x;\n--" }), {}, 202],
    ['half a surrogate pair', '{"event":"run","id":"\\ud800","user_id":"\\udc00","category":"\\ud800x"}', {}, 202],
    ['broken UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d]), {}, 400],
    ['UTF-16', Buffer.from(json, 'utf16le'), {}, 400],
    ['an endless number', '{"event":"stars","value":1e999}', {}, 422],
    ['an unknown encoding', '[]', { headers: { 'content-encoding': 'br2' } }, 415],
    ['two encodings', gzipSync(gzipSync(json)), { headers: { 'content-encoding': 'gzip, gzip' } }, 415],
    ['gzip that is none', '[]', gzip, 400],
    ['gzip cut off', gzipSync(json).subarray(0, 40), gzip, 400],
    ['gzip of nothing', gzipSync(''), gzip, 400],
    ['a gzip bomb', gzipSync(Buffer.alloc(200_000_000, 32)), gzip, 413],
    ['a body of 6 MB', `[${'1,'.repeat(3_000_000)}1]`, {}, 413],
    ['an event of 1 MB', JSON.stringify({ ...good, properties: { category: 'x'.repeat(1_000_000) } }), {}, 413],
    ['60,000 events', `[${'1,'.repeat(60_000)}1]`, {}, 413],
    ['no key', json, { key: '' }, 401],
    ['a wrong key', json, { key: 'a_write_key_of_the_settingsx' }, 401],
    ['a key in another scheme', json, { key: '', headers: { authorization: 'Basic dTpw' } }, 401],
    ['a picture', json, { headers: { 'content-type': 'image/png' } }, 415],
    ['a form', 'a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415],
    ['no content type that is one', json, { headers: { 'content-type': 'nonsense' } }, 415],
    ['Latin-1', json, { headers: { 'content-type': 'application/json; charset=latin1' } }, 415],
    ['a time of sending that is none', json, { query: '?sent_at=yesterday' }, 400],
  ])('%s: %4$d', async (_, body, options, status) => {
    const answer = await at.post(body, options)
    expect(answer.status, answer.text.slice(0, 300)).toBe(status)
    if (status === 202) return
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(answer.json.status).toBe(status)
    expect(answer.json.detail).toBeTruthy()
  })

  it('leaves a server that takes the next good event', async () => {
    expect((await at.post(tagged('after'))).status).toBe(202)
    expect(await stored('after')).toHaveLength(1)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    const health = await at.ingest.health?.()
    expect(health?.reason).toContain(' 0 bytes in flight')
  })
})

describe('write keys', () => {
  it('that are stored work at once, and not after they are deleted', async () => {
    const { key, stored: made } = await createWriteKey(at.state, { name: 'app', environment: 'production', now: Date.now() })
    expect(JSON.stringify(await at.state.list(''))).not.toContain(key)
    await eventually(async () => ((await at.post(good, { key })).status === 202 ? true : undefined))
    await deleteWriteKey(at.state, made.id)
    const again = await startIngest()
    try {
      expect((await again.post(good, { key })).status).toBe(401)
    } finally {
      await again.stop()
    }
  })

  it.each(['test', 'staging'] as const)('of %s are answered in full, and nothing of them is in the log', async environment => {
    const before = (await rows()).length
    const { key, stored: made } = await createWriteKey(at.state, { name: environment, environment, now: Date.now() })
    const answer = await eventually(async () => {
      const answered = await at.post([tagged(environment), { ...good, event: 'rnu' }, { ...good, event: 'ann@example.com' }], { key })
      return answered.status === 202 ? answered : undefined
    })
    expect(answer.json).toMatchObject({ accepted: 1, rejected: [{ index: 1, code: 'unknown_event' }, { index: 2 }] })
    const activity = await eventually(async () => (await at.state.get<KeyActivity>(keyActivityDocument(made.id)))?.value)
    expect(Object.values(activity.days)).toEqual([{ accepted: 1, rejected: 2 }])
    expect(activity.events).toMatchObject([
      { event: null, refused: { code: 'unknown_event', message: expect.stringContaining('of this name') } },
      { event: 'rnu', refused: { code: 'unknown_event', message: expect.stringContaining('did you mean run?') } },
      { event: 'run' },
    ])
    expect(JSON.stringify(activity)).not.toMatch(/ann|ops|linux/)
    expect(await stored(environment)).toEqual([])
    expect((await rows()).length).toBe(before)
  })

  it('that have expired are refused', async () => {
    const { key } = await createWriteKey(at.state, { name: 'old', environment: 'production', expiresAt: Date.now() - 1, now: Date.now() })
    const answer = await at.post(good, { key })
    expect([answer.status, answer.json.detail]).toEqual([401, expect.stringContaining('expired')])
  })

  it('are held to their quota', async () => {
    const limited = await startIngest({ eventsPerSecond: 5 })
    try {
      const batch = (n: number) => Array.from({ length: n }, (_, i) => ({ ...good, id: `quota ${i}` }))
      expect((await limited.post(batch(10))).status).toBe(202)
      const refused = await limited.post(batch(10))
      expect(refused.status).toBe(429)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    } finally {
      await limited.stop()
    }
  })
})

it('sends requests away while too much is in flight', async () => {
  const full = await startIngest({ maxInFlightBytes: 1_000, flushMs: 200 })
  try {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => full.post({ ...good, id: `flood ${i}` })))
    const refused = answers.filter(answer => answer.status === 503)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.every(answer => answer.headers.get('retry-after') === '1')).toBe(true)
    const taken = answers.filter(answer => answer.status === 202).length
    expect(taken).toBe(20 - refused.length)
    expect(await rows(full)).toHaveLength(taken)
    expect((await full.post(good)).status).toBe(202)
  } finally {
    await full.stop()
  }
})

it('answers 503 when the log is gone, and never 202', async () => {
  const broken = await startIngest()
  try {
    await broken.log.close()
    const answer = await broken.post(good)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('1')
  } finally {
    await broken.stop()
  }
})

it('keeps what it was taking when it is stopped', async () => {
  const stopping = await startIngest({ flushMs: 60_000 })
  const events = Array.from({ length: 5 }, (_, i) => ({ ...good, id: `last ${i}` }))
  const bytes = events.reduce((sum, event) => sum + JSON.stringify(event).length, 0)
  const answers = events.map(event => stopping.post(event))
  await eventually(async () => ((await stopping.ingest.health?.())?.reason.includes(` ${bytes} bytes`) ? true : undefined))
  await stopping.ingest.stop()
  expect((await Promise.all(answers)).map(answer => answer.status)).toEqual([202, 202, 202, 202, 202])
  expect(await rows(stopping)).toHaveLength(5)
  await stopping.stop()
})
