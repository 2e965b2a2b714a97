import type { TrackingPlan } from '@northstar/catalogue'
import type { EventLog } from '@northstar/event-log'
import { openEventLog } from '@northstar/event-log/open'
import { encodeRecord, encodeRows, planFingerprint, type Row } from '@northstar/events'
import { type Aggregate, type LiveCounters, readWindow } from '@northstar/live-counters'
import { openEmbeddedCounters } from '@northstar/live-counters/embedded'
import { createLogIncidents, type LogIncidents } from '@northstar/pipeline'
import { createLogger, createMetrics } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openState } from '@northstar/state/open'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { COUNTERS_DEFAULTS, createCounters } from './counters.ts'

const HOUR = 3_600_000
const logger = createLogger('silent', 'test')
const kind = { name: 'visit', description: 'A visit.', view: 'analytics.visit', user: 'optional', properties: new Map() } as const
const plan: TrackingPlan = { events: new Map([['visit', kind]]), columns: [] }
const VISITS: Aggregate = { kind: 'count', events: ['visit'], where: [] }
const VISITORS: Aggregate = { kind: 'unique', events: ['visit'], of: 'user_id', where: [] }

let folders: TempFolder[]
let log: EventLog
let counters: LiveCounters
let state: StateStore
let incidents: LogIncidents
let now: number
let sent: number

beforeEach(async () => {
  now = Math.floor(Date.now() / HOUR) * HOUR
  sent = 0
  folders = await Promise.all(['log', 'counters', 'state'].map(name => tempFolder(name)))
  log = await openLog()
  state = openState({ product: 'test', folder: folders[2]?.path ?? '' }, () => now)
  incidents = createLogIncidents(state, () => now)
  counters = openEmbeddedCounters({ folder: folders[1]?.path ?? '', partitions: 2, now: () => now })
})

afterEach(async () => {
  await Promise.all([log.close(), counters.close(), state.close()])
  await Promise.all(folders.map(folder => folder.remove()))
})

const openLog = () =>
  openEventLog({ product: 'test', folder: folders[0]?.path ?? '', partitions: 2 }, { logger, clientId: 'test', now: () => now })

async function send(partition: number, count: number): Promise<void> {
  const rows = Array.from({ length: count }, (): Row => {
    const id = `e${sent++}`
    return { event: 'visit', id, timestamp: now - 1, received_at: now - 1, user_id: id.padStart(16, '0'), session_id: '' }
  })
  await log.append([{ partition, ...encodeRecord(encodeRows(plan.columns, rows), planFingerprint(plan)) }])
}

/** Counts all that is in the log with these aggregates, over and above the count of each kind. */
async function countWith(aggregates: readonly Aggregate[]): Promise<void> {
  const service = createCounters(COUNTERS_DEFAULTS, {
    log,
    counters,
    incidents,
    plan,
    aggregates,
    metrics: createMetrics(),
    logger,
    now: () => now,
  })
  await service.start()
  await eventually(async () => {
    const reached = (await log.bounds()).map(async ({ partition, next }) => {
      const position = await counters.position(partition)
      const codes = Object.keys(position?.coverage?.since ?? {})
      return position?.offset === next && codes.length === aggregates.length + 1
    })
    return (await Promise.all(reached)).every(Boolean)
  })
  await service.stop()
}

async function total(aggregate: Aggregate, from: number, to: number): Promise<number | null> {
  const readings = await readWindow(counters, [aggregate], { from, to }, now)
  return readings?.[0]?.count ?? null
}

test('a count from the beginning answers for any window, and also where no event has come yet', async () => {
  await countWith([VISITORS])
  expect(await total(VISITORS, now - 10 * HOUR, now)).toBe(0)
  await send(0, 3)
  await countWith([VISITORS])
  expect(await total(VISITORS, now - 10 * HOUR, now)).toBe(3)
})

test('a count that a new version adds answers from then on, and the others as before', async () => {
  await send(0, 3)
  await countWith([])
  const begun = now
  await countWith([VISITORS])
  expect(await total(VISITS, begun - 10 * HOUR, begun)).toBe(3)
  expect(await total(VISITORS, begun - 10 * HOUR, begun)).toBeNull()
  expect(await total(VISITORS, begun, begun + HOUR)).toBeNull()
  now += 3 * HOUR
  await send(1, 2)
  await countWith([VISITORS])
  expect(await total(VISITORS, begun + HOUR, now)).toBe(2)
  expect(await total(VISITS, begun - HOUR, now)).toBe(5)
})

test('an aggregate that an old version does not count starts from the beginning when a new version is back', async () => {
  await countWith([VISITORS])
  await countWith([])
  await send(0, 3)
  await countWith([])
  await countWith([VISITORS])
  expect(await total(VISITORS, now - HOUR, now)).toBeNull()
  expect(await total(VISITS, now - HOUR, now)).toBe(3)
})

test('after a reset nothing answers before all of the log is counted again', async () => {
  await send(0, 3)
  await send(1, 2)
  await countWith([VISITORS])
  await counters.reset()
  expect(await total(VISITS, now - HOUR, now)).toBeNull()
  await countWith([VISITORS])
  expect(await total(VISITORS, now - HOUR, now)).toBe(5)
})

test('a repeat is dropped after a restart, however long ago its first copy came', async () => {
  await send(0, 3)
  await countWith([])
  const stored = await log.consume({
    group: 'warehouse',
    async run(claim) {
      const [offset, keepFrom] = claim.partition === 0 ? [1, 0] : [0, 0]
      await claim.commit({ offset, metadata: '', keepFrom })
      await new Promise(resolve => claim.signal.addEventListener('abort', resolve))
    },
  })
  await eventually(async () => (await log.commits('warehouse')).size === 2)
  await stored.stop()
  await log.close()
  now += 8 * 24 * HOUR
  log = await openLog()
  sent = 0
  await send(0, 3)
  await send(0, 1)
  await countWith([])
  expect(await total(VISITS, now - HOUR, now)).toBe(1)
})
