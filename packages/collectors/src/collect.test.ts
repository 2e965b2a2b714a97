import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadProduct } from '@northstar/catalogue'
import { createMetrics, type ScheduledJob } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { type Receiver, startReceiver, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  type AcceptEvents,
  type Collectors,
  collectedEvents,
  collectorsSection,
  createCollectJobs,
  createSafeFetch,
  readCollectorStatus,
  readFreshness,
  unknownAt,
} from './index.ts'

const HOUR = 3_600_000
const START = Date.parse('2026-01-20T09:00:00Z')
const PLAN = `events:
  members:
    description: A sample.
    user: optional
    properties: { value: { type: integer, required: true } }
  collector_run:
    description: A complete run.
    user: optional
    properties: { collector: { type: string } }
  login:
    description: Needs a user.
    properties: { value: { type: integer } }
`

let folder: TempFolder
let source: Receiver
let state: StateStore
let now: number
let stored: Map<string, { readonly event: string; readonly properties: object }>

/** Stands in for ingest: stores each event by its id. */
const store: AcceptEvents = async (_, events) => {
  for (const event of events as { id: string; event: string; properties: object }[]) if (!stored.has(event.id)) stored.set(event.id, event)
  return { rejected: [] }
}

beforeEach(async () => {
  ;[now, stored] = [START, new Map()]
  folder = await tempFolder('collect')
  source = await startReceiver()
  source.otherwise({ status: 200, body: '{"approximate_member_count": 540}' })
  state = openEmbeddedState({ path: join(folder.path, 'state') })
})
afterEach(async () => {
  await state.close()
  await source.stop()
  await folder.remove()
})

function load(yaml: string, env: Record<string, string> = {}) {
  const product = join(folder.path, 'product')
  mkdirSync(product, { recursive: true })
  writeFileSync(join(product, 'product.yaml'), 'name: demo\ntitle: Demo\ntimezone: UTC\nlaunch: 2026-01-15\n')
  writeFileSync(join(product, 'tracking-plan.yaml'), PLAN)
  writeFileSync(join(product, 'collectors.yaml'), yaml)
  return loadProduct(product, { collectors: collectorsSection }, { env })
}

const discordYaml = (more = '') => `heartbeat: collector_run
collectors:
  chat:
    type: discord
    api: ${source.url}
    invite: \${INVITE}
    event: members
${more}`

const collectors = () => load(discordYaml(), { INVITE: 'caro' }).catalogue.collectors

function jobOf(given: Collectors, accept = store, allowPrivateTargets = true, metrics = createMetrics()): ScheduledJob {
  const fetch = createSafeFetch({ allowPrivateTargets })
  const [job] = createCollectJobs({ collectors: given, timezone: 'UTC', state, accept, fetch, now: () => now, metrics })
  if (!job) throw new Error('no job')
  return job
}

const run = (job: ScheduledJob, dueAt = now) => job.run({ dueAt, lateMs: 0 })
const status = async () => (await readCollectorStatus(state, collectors(), 'UTC', now))[0]

it('each due time has one sample and one heartbeat, even if it runs several times', async () => {
  const job = jobOf(collectors())
  await run(job, START)
  await run(job, START)
  now += 15 * 60_000
  await run(job)
  expect([...stored.values()].map(({ event, properties }) => [event, properties])).toEqual([
    ['members', { value: 540 }],
    ['collector_run', { collector: 'chat' }],
    ['members', { value: 540 }],
    ['collector_run', { collector: 'chat' }],
  ])
  expect(await status()).toMatchObject({ freshAt: now, failing: null, unknown: null })
})

it('a process that ends before or after the samples are durable sends the same ones again', async () => {
  for (const [i, dies] of (['before', 'after'] as const).entries()) {
    const at = START + i * HOUR
    source.otherwise({ status: 200, body: `{"approximate_member_count": ${i}}` })
    const dying: AcceptEvents = async (sender, events) => {
      if (dies === 'after') await store(sender, events)
      throw new Error('killed')
    }
    await expect(run(jobOf(collectors(), dying), at)).rejects.toThrow('killed')
    // The source has changed meanwhile; the announced samples are sent first.
    source.otherwise({ status: 200, body: '{"approximate_member_count": 99}' })
    await run(jobOf(collectors()), at)
  }
  const samples = [...stored.values()].filter(({ event }) => event === 'members')
  expect(samples.map(({ properties }) => properties)).toEqual([{ value: 0 }, { value: 1 }])
})

it('a failure is reported with its time and reason, until the next complete run', async () => {
  await run(jobOf(collectors()))
  now += 30 * 60_000
  source.otherwise({ status: 401, body: 'no' })
  const metrics = createMetrics()
  await expect(run(jobOf(collectors(), store, true, metrics))).rejects.toThrow('refused access')
  const [fresh] = (await metrics.collectorFreshAt.get()).values
  expect(fresh, 'a restarted process knows the age').toMatchObject({ labels: { collector: 'chat' }, value: START / 1_000 })
  expect(await status()).toMatchObject({ failing: { since: now }, unknown: null })
  now += 2 * HOUR
  expect(await status()).toMatchObject({
    freshAt: START,
    unknown: expect.stringMatching(/^collector chat failed: 127.0.0.1:\d+ refused access \(401\): no$/),
  })
  source.otherwise({ status: 200, body: '{"approximate_member_count": 1}' })
  await run(jobOf(collectors()))
  expect(await status()).toMatchObject({ failing: null, unknown: null })
})

it('a metric of collected events is unknown if the last complete run is too long ago', async () => {
  await run(jobOf(collectors()))
  const statuses = async () => readCollectorStatus(state, collectors(), 'UTC', now)
  const [ours, other] = [['members'], ['login']]
  expect(unknownAt(ours, now, await statuses())).toBeNull()
  now += 3 * HOUR
  const late = await statuses()
  expect(unknownAt(ours, now, late)).toEqual({ since: START, reason: 'collector chat is late: no run has finished lately' })
  expect(unknownAt([...other, ...ours], now, late), 'of a ratio').toEqual(unknownAt(ours, now, late))
  expect([unknownAt(ours, START, late), unknownAt(other, now, late), unknownAt([], now, late)]).toEqual([null, null, null])
})

it('a collector that once ran and is switched off leaves its metrics unknown; one that never ran does not', async () => {
  const off = load(discordYaml()).catalogue.collectors
  const unknown = async () => unknownAt(['members'], now, await readFreshness(state, off, 'UTC', now))
  now += 3 * HOUR
  expect(await unknown()).toBeNull()
  await run(jobOf(collectors()))
  const ranAt = now
  expect(await unknown()).toBeNull()
  now += 3 * HOUR
  expect(await unknown()).toEqual({ since: ranAt, reason: 'collector chat is off: INVITE has no value' })
  expect(collectedEvents(off).has('members')).toBe(true)
})

it('a source that requests a pause is not called until its end', async () => {
  source.otherwise({ status: 429, headers: { 'retry-after': '1800' } })
  const until = now + 1_800_000
  expect(await run(jobOf(collectors()))).toEqual({ continueAt: until })
  now += 60_000
  expect(await run(jobOf(collectors()))).toEqual({ continueAt: until })
  expect(source.requests).toHaveLength(1)
  expect(await status()).toMatchObject({ waitUntil: until, unknown: expect.stringContaining('asks to wait until') })
})

it('private addresses are called only if the settings allow it', async () => {
  await expect(run(jobOf(collectors(), store, false))).rejects.toMatchObject({ code: 'target_refused' })
  expect(source.requests).toHaveLength(0)
})

it('a collector whose variable has no value is off, with a warning', () => {
  const { catalogue, warnings } = load(discordYaml())
  expect(catalogue.collectors.active.size).toBe(0)
  expect([...catalogue.collectors.off]).toEqual([['chat', { type: 'discord', missing: ['INVITE'] }]])
  expect(warnings.map(({ message }) => message)).toEqual(['the collector chat is off: INVITE has no value'])
})

it.each([
  ['event: member', /collectors.yaml:7: the tracking plan has no event "member".*members/],
  ['event: collector_run', /collectors.yaml:7: the collector sends the property value, which collector_run does not declare/],
  ['event: login', /collectors.yaml:7: login requires a user, but samples have none/],
])('a mistake in "%s" names the line and the remedy', (line, message) => {
  const product = () => load(discordYaml().replace('event: members', line), { INVITE: 'x' })
  expect(product).toThrow(expect.objectContaining({ message: expect.stringMatching(message) }))
})
