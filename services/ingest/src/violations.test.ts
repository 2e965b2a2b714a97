import { decodeHead, quarantinedEvents } from '@northstar/events'
import { createWriteKey } from '@northstar/runtime'
import { eventually } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningIngest, startIngest } from './running.test-data.ts'

let running: RunningIngest
const keys: Record<string, string> = {}

beforeAll(async () => {
  running = await startIngest()
  for (const mode of ['quarantine', 'accept'] as const) {
    const { key } = await createWriteKey(running.state, { name: mode, environment: 'production', onViolation: mode, now: 0 })
    keys[mode] = key
    // A process that has just started reads the keys again after a second.
    await eventually(async () => (await running.post([], { key })).status !== 401)
  }
})

afterAll(() => running.stop())

const run = (more: object, properties: object) => ({ event: 'run', user_id: 'a', ...more, properties: { category: 'x', ...properties } })
const quarantined = async () => (await running.records()).flatMap(quarantinedEvents)
const send = (mode: 'quarantine' | 'accept', body: unknown) => running.post(body, { key: keys[mode] })

test('a quarantining key has events of unknown kind, with unknown properties and bad values kept aside, and answers that they were', async () => {
  const bad = [run({ id: '1' }, { colour: 'red' }), { event: 'walk', user_id: 'a', steps: 7 }, run({}, { ok: 'yes' })]
  const { status, json } = await send('quarantine', [...bad, run({}, {})])
  expect([status, json]).toEqual([202, { accepted: 4, quarantined: 3, rejected: [] }])
  const kept = await quarantined()
  expect(kept.map(({ event, code, properties }) => [event, code, JSON.parse(properties)])).toEqual(
    expect.arrayContaining([
      ['run', 'unknown_property', { category: 'x', colour: 'red' }],
      ['walk', 'unknown_event', { steps: 7 }],
      ['run', 'wrong_type', { category: 'x', ok: 'yes' }],
    ]),
  )
})

test('the repeat of a quarantined event has the identity of the first, which is not that of the same event once it is stored', async () => {
  await send('quarantine', run({ id: '1' }, { colour: 'red' }))
  const same = (await quarantined()).filter(({ properties }) => properties.includes('colour'))
  expect(new Set(same.map(({ identity }) => JSON.stringify(identity))).size).toBe(1)
  const ids = (await running.records()).flatMap(({ headers }) => {
    const head = decodeHead(headers)
    return head.outcome === 'ok' && head.value.quarantine ? [...head.value.ids] : []
  })
  expect(ids).not.toContain(same[0]?.identity.low)
})

test('an accepting key has what the plan allows stored and the rest dropped; an event that the plan does not have is kept aside', async () => {
  const before = (await quarantined()).length
  const { json } = await send('accept', [
    run({}, { colour: 'red', ok: 1 }),
    { event: 'survey', user_id: 'a' },
    { event: 'walk', user_id: 'a' },
  ])
  expect(json).toEqual({ accepted: 3, quarantined: 1, flagged: 2, rejected: [] })
  expect((await quarantined()).length).toBe(before + 1)
})

test.each([
  ['personal data in a known property', run({}, { category: 'mail me at ann@example.org', colour: 'red' }), 'forbidden_data'],
  ['personal data in an unknown property, nested', run({}, { who: [{ mail: 'ann@example.org' }] }), 'forbidden_data'],
  ['personal data as the name of an unknown property', run({}, { 'ann@example.org': 1 }), 'forbidden_data'],
  ['personal data as the name of an event', { event: 'ann@example.org', user_id: 'a' }, 'forbidden_data'],
  ['a card number as a number', run({}, { card: 4111111111111111 }), 'forbidden_data'],
  ['no user', { event: 'run', category: 'x', colour: 'red' }, 'missing_field'],
  ['a time in the future', run({ timestamp: Date.now() + 3_600_000 }, { colour: 'red' }), 'future_timestamp'],
  ['a name of an event that is no name', { event: 'x'.repeat(200), user_id: 'a' }, 'too_long'],
])('a quarantining key refuses %s', async (_, event, code) => {
  const { json } = await send('quarantine', event)
  expect(json.rejected?.map(rejection => rejection.code)).toEqual([code])
})

test('an accepting key refuses personal data in a known property', async () => {
  const { json } = await send('accept', run({}, { category: 'mail me at ann@example.org', colour: 'red' }))
  expect(json.rejected?.map(({ code }) => code)).toEqual(['forbidden_data'])
})

test('a key without a mode has what the plan says: rejection by default', async () => {
  expect((await running.post(run({}, { colour: 'red' }))).json.rejected?.map(({ code }) => code)).toEqual(['unknown_property'])
})

test('events of more users of a day than a key may send are kept aside, whatever the plan says', async () => {
  const options = { name: 'limited', environment: 'production', usersPerDay: 2, now: 0 } as const
  const { key } = await createWriteKey(running.state, options)
  await eventually(async () => (await running.post([], { key })).status !== 401)
  const of = (user_id: string, id: string) => run({ user_id, id }, {})
  const sent = [of('u1', '1'), of('u2', '2'), of('u3', '3'), of('u1', '4'), of('u4', '5'), { event: 'stars', value: 1 }]
  expect((await running.post(sent, { key })).json).toEqual({ accepted: 6, quarantined: 2, rejected: [] })
  const kept = (await quarantined()).filter(({ code }) => code === 'too_many_users')
  expect(kept.map(({ event, field, properties }) => [event, field, properties])).toEqual(
    Array(2).fill(['run', 'user_id', '{"category":"x"}']),
  )
  // Another key has a limit of its own.
  expect((await running.post(of('u3', '3'))).json).toEqual({ accepted: 1, rejected: [] })
})
