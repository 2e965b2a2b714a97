import type { Row } from '@northstar/events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadDeployed, type MeasuredProduct, measureProduct } from '../contract/measured-product.ts'
import type { MetricQuestion, MetricReader } from '../index.ts'

let product: MeasuredProduct
let reader: MetricReader

/** Issue 1 is opened as P1 and closed in week 1, and labeled P0 in week 3. */
const ISSUE: readonly { readonly at: string; readonly action: string; readonly priority?: string }[] = [
  { at: '2026-01-16T12:00:00Z', action: 'opened', priority: 'P1' },
  { at: '2026-01-17T12:00:00Z', action: 'closed' },
  { at: '2026-01-30T12:00:00Z', action: 'labeled', priority: 'P0' },
]

beforeAll(async () => {
  const rows = ISSUE.map(({ at, action, priority }, i): Row => {
    const timestamp = Date.parse(at)
    const fixed = { event: 'github_issue', id: `e${i}`, timestamp, received_at: timestamp, user_id: '', session_id: '', number: 1 }
    return { ...fixed, action, ...(priority !== undefined && { priority }) }
  })
  product = await measureProduct({ product: loadDeployed('caro'), rows, now: Date.parse('2026-03-01T00:00:00Z') })
  reader = product.reader
})

afterAll(() => product?.close())

const WEEK_1 = '2026-01-15T05:00:00.000Z'
const SPANS = { 'week 1': ['2026-01-15', '2026-01-22'], 'weeks 1 to 4': ['2026-01-15', '2026-02-12'] } as const

/** The points of the first week when each of the spans is asked for. */
async function week1(metric: string, question: Partial<MetricQuestion>) {
  const answers = Object.entries(SPANS).map(async ([name, [from, to]]) => {
    const range = { from: reader.calendar.startOf(from), to: reader.calendar.startOf(to) }
    const { points } = await reader.read({ metric, ...range, period: 'week', ...question })
    const own = points.filter(point => point.from === WEEK_1 && point.sample > 0)
    return [name, own.map(point => [point.by?.priority, point.value])]
  })
  return Object.fromEntries(await Promise.all(answers))
}
const alike = (points: unknown) => Object.fromEntries(Object.keys(SPANS).map(name => [name, points]))

test.each(['time_to_fix', 'time_to_fix_median'])('%s counts an item by its last known priority, for any requested span', async metric => {
  expect(await week1(metric, { by: 'priority' })).toEqual(alike([['P0', 24]]))
  expect(await week1(metric, { where: { priority: 'P0' } })).toEqual(alike([[undefined, 24]]))
  expect(await week1(metric, { where: { priority: 'P1' } })).toEqual(alike([]))
})

test('the number of open items at the end of a week depends only on what was known then, for any requested span', async () => {
  expect(await week1('bugs_open', { by: 'priority' })).toEqual(alike([['P1', 0]]))
})
