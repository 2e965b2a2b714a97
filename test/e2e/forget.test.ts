import { eventually } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import {
  EVENTS_OF_USER,
  eventsOfUser,
  expectForgotten,
  forgetUnderLoad,
  type Receipt,
  sendAll,
  tracesIn,
  userId,
} from '../support/forgetting.ts'
import { ADMIN_TOKEN, type Installation, startEmbedded } from '../support/installation.ts'
import { type NativeEvent, post } from '../support/load.ts'
import { copyProduct } from '../support/product-copy.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const [USERS, FORGOTTEN, DEAD] = [1_000, 20, 5]

let installation: Installation
let receipts: readonly Receipt[]
let left: readonly NativeEvent[]

beforeAll(async () => {
  installation = await startEmbedded()
})
afterAll(() => installation?.remove())

test('users that are forgotten under load are in no store, and every figure is what it is without them', async () => {
  const outcome = await forgetUnderLoad(installation, USERS, FORGOTTEN, DEAD)
  receipts = outcome.receipts
  expectForgotten(outcome, FORGOTTEN, DEAD)
  for (const { log_kept_until } of receipts) expect(log_kept_until).toBe(null)
  left = outcome.left
})

test('every metric is what it is where they never were', async () => {
  const other = await startEmbedded({ product: await copyProduct() })
  try {
    await sendAll(other.ingest, left)
    await caughtUp(other)
    const names = [...installation.product.catalogue.metrics.keys()]
    const to = encodeURIComponent(new Date(Date.now() + 60_000).toISOString())
    for (const name of names) {
      const path = `/v1/metrics/${name}?period=total&source=warehouse&from=2026-01-15&to=${to}`
      const [found, without] = await Promise.all([installation, other].map(async each => pointsOf((await each.get(path)).body)))
      expect(found, name).toEqual(without)
    }
  } finally {
    await other.remove()
  }
})

const pointsOf = (body: unknown) => (body as { points?: unknown }).points ?? body

test('no byte of them is left in the data folder, also after a restart and a rebuild from the log', async () => {
  const folder = installation.env.NORTHSTAR_DATA_DIR ?? ''
  expect(await tracesIn(folder, receipts)).toEqual([])
  await installation.stop()
  await installation.start()
  expect((await installation.command(['rebuild', '--json'])).code).toBe(0)
  await caughtUp(installation)
  expect(await tracesIn(folder, receipts)).toEqual([])
  expect((await installation.get('/v1/verify')).body).toMatchObject({ ok: true, differences: [] })
})

test('a user who comes back is a new one, and forgetting somebody unknown says so with zeros', async () => {
  await sendAll(
    installation.ingest,
    eventsOfUser(0).map(event => ({ ...event, id: `again-${event.id}` })),
  )
  await caughtUp(installation)
  const { code, stdout } = await installation.command(['forget', userId(0), 'nobody-at-all', '--json'])
  expect(code).toBe(0)
  const [returned, unknown] = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Receipt)
  expect(returned).toMatchObject({ pseudonym: receipts[0]?.pseudonym, events: EVENTS_OF_USER, counters: EVENTS_OF_USER, remaining: 0 })
  expect(unknown).toMatchObject({ events: 0, counters: 0, dead_letters: 0, remaining: 0 })
})

test('an erasure goes on when its connection breaks, and the next one says that nothing remains', async () => {
  const users = Array.from({ length: 10 }, (_, i) => 5_000 + i)
  await sendAll(installation.ingest, users.flatMap(eventsOfUser))
  await caughtUp(installation)
  const before = (await installation.get('/v1/verify')).body as { forgotten: number }
  const connection = new AbortController()
  const answer = await fetch(`${installation.query}/v1/forget`, {
    method: 'POST',
    signal: connection.signal,
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'application/x-ndjson', 'content-type': 'application/json' },
    body: JSON.stringify({ user_ids: users.map(userId) }),
  })
  await answer.body?.getReader().read()
  connection.abort()
  const receipts = await eventually(
    async () => {
      const { code, stdout } = await installation.command(['forget', ...users.map(userId), '--json'])
      return (
        code === 0 &&
        stdout
          .trim()
          .split('\n')
          .map(line => JSON.parse(line) as Receipt)
      )
    },
    { timeoutMs: 60_000 },
  )
  expect(receipts).toHaveLength(users.length)
  for (const receipt of receipts) expect(receipt).toMatchObject({ events: 0, counters: 0, dead_letters: 0, remaining: 0 })
  const after = (await installation.get('/v1/verify')).body
  expect(after).toMatchObject({ ok: true, differences: [], forgotten: before.forgotten + EVENTS_OF_USER * users.length })
})

test('quarantined events of a user are erased and counted one by one, and those of others beside them stay', async () => {
  const made = await installation.command(['keys', 'create', 'loose', '--on-violation', 'quarantine'])
  const unknown = (user_id: string, id: string) => ({ event: 'kept_aside', id, user_id, note: `of ${user_id}` })
  const known = { event: 'feature_used', id: 'known', user_id: 'aside-1', feature: 'history', platform: 'linux', version: '1.1.0' }
  const body = [unknown('aside-1', '1'), unknown('aside-2', '2'), unknown('aside-1', '3'), unknown('aside-1', '4'), known]
  const headers = { authorization: `Bearer ${made.stdout.trim()}` }
  const answer = await eventually(async () => {
    const { status, body: text } = await post(installation.ingest, JSON.stringify(body), headers)
    return status === 202 && text
  })
  expect(answer).toEqual({ accepted: 5, quarantined: 4, rejected: [] })
  await caughtUp(installation)
  const forgotten = await installation.command(['forget', 'aside-1', '--json'])
  expect(JSON.parse(forgotten.stdout)).toMatchObject({ events: 1, counters: 1, dead_letters: 3, remaining: 0 })
  const { stdout } = await installation.command(['dead-letters', 'list', '--json'])
  const aside = stdout.split('\n').filter(line => line.includes('quarantined'))
  expect(aside).toHaveLength(1)
  expect(aside[0]).toContain('quarantined: 1 unknown_event')
  const trial = await installation.command(['dead-letters', 'try', '--json'])
  expect(JSON.parse(trial.stdout).refused).toMatchObject({ 'unknown_event: kept_aside': 1 })
  expect((await installation.get('/v1/verify')).body).toMatchObject({ ok: true, differences: [] })
})
