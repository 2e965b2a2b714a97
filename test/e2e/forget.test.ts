import { afterAll, beforeAll, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { eventsOfUser, forgetUnderLoad, type Receipt, sendAll, tracesIn, userId } from '../support/forgetting.ts'
import { type Installation, startEmbedded } from '../support/installation.ts'

let installation: Installation
let receipts: readonly Receipt[]

beforeAll(async () => {
  installation = await startEmbedded()
})
afterAll(() => installation?.remove())

test('users that are forgotten under load are in no store, and every figure is what it is without them', async () => {
  const outcome = await forgetUnderLoad(installation, 1_000, 20)
  receipts = outcome.receipts
  expect(receipts).toHaveLength(20)
  for (const receipt of receipts) expect(receipt).toMatchObject({ events: 2, counters: 2, dead_letters: 0, remaining: 0 })
  for (const [metric, { warehouse, expected }] of Object.entries(outcome.figures)) expect(warehouse, metric).toBeCloseTo(expected, 12)
  expect(outcome.verification).toMatchObject({ ok: true, differences: [], forgotten: 40 })
})

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
  expect(returned).toMatchObject({ pseudonym: receipts[0]?.pseudonym, events: 2, counters: 2, remaining: 0 })
  expect(unknown).toMatchObject({ events: 0, counters: 0, dead_letters: 0, remaining: 0 })
})
