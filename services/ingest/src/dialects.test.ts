import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KEY, type RunningIngest, startIngest } from './running.test-data.ts'

let at: RunningIngest
beforeAll(async () => {
  at = await startIngest()
})
afterAll(async () => {
  await at?.stop()
})

const basic = (user: string, password = '') => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` })
const json = { 'content-type': 'application/json' }

async function send(path: string, body: unknown, headers: Readonly<Record<string, string>> = json) {
  const bytes = body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body)
  const response = await fetch(at.url + path, { method: 'POST', body: bytes, headers })
  const text = await response.text()
  return { status: response.status, text, json: text.startsWith('{') ? JSON.parse(text) : undefined }
}

const posthog = { event: 'run', distinct_id: 'ann', properties: { category: 'x' } }
const segment = { type: 'track', event: 'run', userId: 'ann', properties: { category: 'x' } }

it.each<[string, string, unknown, Readonly<Record<string, string>>, number]>([
  ['PostHog, key in the body', '/batch/', { api_key: KEY, batch: [posthog] }, json, 200],
  ['PostHog, key in a header', '/batch', { batch: [posthog] }, { ...json, authorization: `Bearer ${KEY}` }, 200],
  [
    'PostHog, gzipped by its query',
    '/e/?compression=gzip-js',
    gzipSync(JSON.stringify({ api_key: KEY, ...posthog })),
    { 'content-type': 'text/plain' },
    200,
  ],
  ['PostHog, another key', '/e', { api_key: 'another', ...posthog }, json, 401],
  ['PostHog, no key', '/e', posthog, json, 401],
  ['PostHog, no JSON and no key', '/e', new Uint8Array([1]), json, 401],
  ['PostHog, an empty batch', '/batch', { batch: [] }, { ...json, authorization: `Bearer ${KEY}` }, 400],
  ['Segment, key in the body', '/v1/track', { ...segment, writeKey: KEY }, json, 200],
  ['Segment, key as the user', '/v1/batch', { batch: [segment] }, { ...json, ...basic(KEY) }, 200],
  ['Segment, key as the user with a password', '/v1/batch', { batch: [segment] }, { ...json, ...basic(KEY, 'x') }, 401],
  ['OTLP without a key', '/v1/logs', { resourceLogs: [] }, json, 401],
  ['OTLP with a key', '/v1/logs', { resourceLogs: [] }, { ...json, authorization: `Bearer ${KEY}` }, 200],
  ['OTLP as text', '/v1/logs', 'x', { 'content-type': 'text/plain', authorization: `Bearer ${KEY}` }, 415],
])('%s: %5$d', async (_, path, body, headers, status) => {
  const answer = await send(path, body, headers)
  expect(answer.status, answer.text).toBe(status)
})

it('without a known key nothing of a body is parsed', async () => {
  // Valid JSON of 4 MB, and the same cut off: were it parsed, the second would be answered as malformed.
  const body = JSON.stringify({ batch: Array(20_000).fill({ ...posthog, token: 'not-a-known-key', properties: { note: 'api_key' } }) })
  for (const bytes of [body, body.slice(0, -2)]) expect((await send('/batch', Buffer.from(bytes))).status).toBe(401)
})

it('a property with the name of the key is not the key', async () => {
  const event = { ...posthog, properties: { category: 'x', token: 'mine' } }
  expect((await send('/batch', { batch: [event], api_key: KEY })).status).toBe(200)
})

it('an answer in the vendor’s form names what was not stored', async () => {
  const batch = [
    posthog,
    { ...posthog, event: 'rnu' },
    { ...posthog, properties: { category: 'x', $lib: 'web' } },
    { event: '$identify', distinct_id: 'ann' },
  ]
  expect((await send('/batch', { api_key: KEY, batch })).json).toMatchObject({
    status: 1,
    accepted: 2,
    rejected: [{ index: 1, code: 'unknown_event' }],
    ignored: 1,
    unmapped: ['$lib'],
  })
})
