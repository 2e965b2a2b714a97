import type { Definition, MetricAnswer } from '@northstar/http-api'
import { expect, test } from 'vitest'
import { readable, statusRow } from './status.ts'

const point = (week: number, value: number, more: object) => ({
  from: new Date(Date.UTC(2026, 0, 1 + 7 * week)).toISOString(),
  to: new Date(Date.UTC(2026, 0, 8 + 7 * week)).toISOString(),
  complete: true,
  value,
  sample: 100,
  previous: null,
  ...more,
})
const answerOf = (points: readonly object[]) => ({ unit: 'ratio', points }) as unknown as MetricAnswer
const definitionOf = (more: Partial<Definition>) => ({ name: 'a_metric', ...more }) as Definition

test('retention shows the newest cohort whose first week is over', () => {
  const answer = answerOf([
    point(0, 1, { cohort: '2026-01-01', offset: 0 }),
    point(1, 0.6, { cohort: '2026-01-01', offset: 1 }),
    point(1, 1, { cohort: '2026-01-08', offset: 0 }),
    point(2, 0.7, { cohort: '2026-01-08', offset: 1, change: 0.1, target: { value: 0.67, direction: 'at_least', status: 'ahead' } }),
    point(2, 1, { cohort: '2026-01-15', offset: 0 }),
    point(3, 0.2, { cohort: '2026-01-15', offset: 1, complete: false }),
  ])
  expect(statusRow(definitionOf({ headline: { offset: 1 } }), answer)).toEqual({
    metric: 'a_metric',
    headline: { offset: 1 },
    value: 0.7,
    unit: 'ratio',
    change: 0.1,
    target: 0.67,
    status: 'ahead',
    weeks: [0.6, 0.7],
  })
})

test('a funnel shows the share that reaches its last step', () => {
  const answer = answerOf([
    point(0, 1, { by: { funnel_step: 'visit' } }),
    point(0, 0.03, { by: { funnel_step: 'order' } }),
    point(1, 1, { by: { funnel_step: 'visit' } }),
    point(1, 0.04, { by: { funnel_step: 'order' } }),
  ])
  expect(statusRow(definitionOf({ segments: 'funnel_step', headline: { member: 'order' } }), answer)).toMatchObject({
    value: 0.04,
    weeks: [0.03, 0.04],
    target: null,
  })
})

test('a figure whose collector failed is unknown, with the reason', () => {
  const unknown = { since: '2026-01-18T15:00:00.000Z', reason: 'collector discord failed: discord.com refused access (401)' }
  const answer = { ...answerOf([point(0, 0.5, { target: { value: 0.4, direction: 'at_least', status: 'ahead' } })]), unknown }
  const row = statusRow(definitionOf({}), answer)
  expect(row).toMatchObject({ value: 0.5, unknown })
  const text = readable([row], [])
  expect(text).toMatch(/a_metric +50\.0% +– +40\.0% +unknown/)
  expect(text).toContain(
    'Unknown:\n  a_metric since 2026-01-18T15:00:00.000Z: collector discord failed: discord.com refused access (401)\n',
  )
})

test.each([
  [120, 120, 12],
  [80, 80, 5],
  [60, 80, 0],
])('on %i columns the trend has the weeks that fit', (columns, widest, weeks) => {
  const trend = Array.from({ length: 12 }, (_, week) => week + 1)
  const row = (metric: string, status: string) => ({
    ...statusRow(
      definitionOf({ name: metric }),
      answerOf(trend.map(value => point(value, value / 100, { change: 0.01, target: { value: 0.1, direction: 'at_least', status } }))),
    ),
  })
  const text = readable([row('a_metric_with_a_longish_name', 'on_target'), row('b', 'not_enough_data')], [], columns)
  const [head = '', ...lines] = text.split('\n')
  expect(Math.max(...[head, ...lines].map(line => line.length))).toBeLessThanOrEqual(widest)
  expect(head.includes('trend')).toBe(weeks > 0)
  expect(lines.join('').match(/[▁-█]+/)?.[0].length ?? 0).toBe(weeks)
})
