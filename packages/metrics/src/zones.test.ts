import { createCalendar, type Period } from '@northstar/catalogue'
import type { Row } from '@northstar/events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ALL_TRUTHS } from './contract/brute-force.ts'
import { expectCohorts, expectTruth } from './contract/compare.ts'
import { loadContractProduct, type MeasuredProduct, measureProduct } from './contract/measured-product.ts'
import { random, randomEvents } from './contract/random-events.ts'
import type { MetricReader } from './index.ts'

const SEED = Number(process.env.NORTHSTAR_TEST_SEED ?? 1)
const catalogue = await loadContractProduct()
const HOUR = 3_600_000
const FIRST = Date.parse('2025-09-22T00:00:00Z')
const END = Date.parse('2025-11-12T15:00:00Z')

/** In each zone but Kolkata the clocks are changed on `day`, by half an hour in Lord Howe. */
const ZONES = [
  { timezone: 'America/New_York', launch: '2025-10-02', day: '2025-11-02' },
  { timezone: 'Asia/Kolkata', launch: '2025-10-03', day: '2025-10-04' },
  { timezone: 'Australia/Lord_Howe', launch: '2025-10-05', day: '2025-10-05' },
  { timezone: 'Pacific/Chatham', launch: '2025-09-29', day: '2025-09-28' },
  { timezone: 'America/St_Johns', launch: '2025-10-07', day: '2025-11-02' },
  { timezone: 'Europe/Berlin', launch: '2025-10-22', day: '2025-10-26' },
]

let product: MeasuredProduct
let rows: readonly Row[]

beforeAll(async () => {
  rows = atBorders(randomEvents(SEED, FIRST, END, 100))
  // Late events arrive together with later ones.
  const arrived = rows.toSorted((a, b) => a.received_at - b.received_at)
  const third = Math.ceil(arrived.length / 3)
  const thirds = [0, 1, 2].map(i => arrived.slice(i * third, (i + 1) * third))
  // A batch whose answer was lost is repeated.
  product = await measureProduct({ product: catalogue, rows, now: END, inserts: [0, 1, 1, 2, 0].map(i => thirds[i] ?? []) })
})

afterAll(() => product?.close())

interface Zone {
  readonly timezone: string
  readonly launch: string
}

function readerIn({ timezone, launch }: Zone, now: number): MetricReader {
  return product.readerWith({ catalogue: { ...catalogue, product: { ...catalogue.product, timezone, launch } }, now: () => now })
}

/** Some of the events happen in the first or the last millisecond of a day of one of the zones. */
function atBorders(events: readonly Row[]): readonly Row[] {
  const r = random(SEED)
  const days = ZONES.flatMap(zone => createCalendar(zone).spans('day', FIRST, END).slice(1))
  const times = [...new Set(days.flatMap(({ from }) => [from - 1, from]))].map(time => [r(), time] as const).sort(([a], [b]) => a - b)
  return events.map(row => {
    // There are few that are of no user, such as issues.
    const [, timestamp] = (r() < (row.user_id === '' ? 0.5 : 0.08) && times.pop()) || []
    return timestamp === undefined ? row : { ...row, timestamp, received_at: timestamp }
  })
}

describe.each(ZONES)('in $timezone, weeks counted from $launch', zone => {
  const calendar = createCalendar(zone)
  const at = (date: string) => calendar.startOf(date)
  /** The beginning of the day so many days after the change. */
  const day = (n: number) => at(calendar.date(at(zone.day) + (24 * n + 2) * HOUR))
  const ranges: readonly [period: Period, from: number, to: number][] = [
    // From before there was anything until there is nothing any more.
    ['week', at('2025-09-08'), at('2025-12-03')],
    ['calendar_week', at('2025-10-01'), at('2025-11-07')],
    ['month', at('2025-07-10'), at('2025-12-20')],
    ['day', day(-3), day(4)],
  ]
  const now = Date.parse('2026-01-01T00:00:00Z')
  const compared = () => ({ reader: readerIn(zone, now), rows, now })

  test.each(ranges)('every metric by %s has its true value', async (period, from, to) => {
    const question = { from, to, period, source: 'warehouse', compare: 'previous' } as const
    for (const metric of Object.keys(ALL_TRUTHS)) await expectTruth(compared(), { metric, ...question })
    await expectCohorts(compared(), question)
  })

  test('by hour, on the day on which the clocks are changed', async () => {
    const [from, to] = [day(0), day(2)]
    for (const metric of ['commands', 'active_weekly_users', 'error_rate', 'response_time_p95', 'bugs_open', 'binary_size', 'churn_rate']) {
      await expectTruth(compared(), { metric, from, to, period: 'hour', source: 'warehouse' })
    }
  })
})

test.each(ZONES)('live, the days of $timezone are those of the warehouse', async zone => {
  const reader = readerIn(zone, END)
  for (const metric of ['commands', 'downloads', 'success_rate', 'csat']) {
    const question = { metric, from: END - 40 * HOUR, to: END, period: 'day' } as const
    const live = await reader.read({ ...question, source: 'live' })
    const stored = await reader.read({ ...question, source: 'warehouse' })
    expect(live).toEqual({ ...stored, source: 'live' })
    expect(live.points.length).toBeGreaterThan(1)
  }
})
