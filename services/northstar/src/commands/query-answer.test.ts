import type { CohortPoint, MetricAnswer, SeriesPoint, TargetAnswer } from '@northstar/metrics'
import { describe, expect, test } from 'vitest'
import { answerAsCsv, answerAsTable } from './query-answer.ts'

const HEAD = { metric: 'downloads', unit: 'count', timezone: 'America/New_York', period: 'week', source: 'warehouse' } as const
const WEEKS = ['2026-01-08', '2026-01-15', '2026-01-22', '2026-01-29', '2026-02-05'].map(day => `${day}T05:00:00.000Z`)

/** The point of the n-th week, the week before the launch being 0. */
function week(n: number, value: number | null, more: Partial<SeriesPoint> = {}): SeriesPoint {
  return { from: WEEKS[n] ?? '', to: WEEKS[n + 1] ?? '', complete: true, value, sample: value ?? 0, previous: null, ...more }
}
const target = (value: number, distance: number, status: TargetAnswer['status'] = distance < 0 ? 'behind' : 'ahead') => ({
  target: { value, direction: 'at_least', status, distance } as const,
})

/** The text as it stands between the backticks, without the lines' ends there. */
const text = (given: string) => given.trim()

describe('a table', () => {
  test('of weeks from before the launch has the targets of the later ones; the running week is marked', () => {
    const points = [
      week(0, 0),
      week(1, 350, target(200, 0.75)),
      week(2, 150, target(150, 0, 'on_target')),
      week(3, 60, { complete: false, ...target(120, -0.5) }),
    ]
    expect(answerAsTable({ ...HEAD, points }, Date.parse('2026-01-30T12:00:00Z'))).toBe(
      text(`
from        value  sample  target  status     distance  period
──────────  ─────  ──────  ──────  ─────────  ────────  ───────────
2026-01-08      0       0       –  –                 –
2026-01-15    350     350     200  ahead          +75%
2026-01-22    150     150     150  on_target        0%
2026-01-29     60      60     120  behind         -50%  2 of 7 days

downloads (count) by week, America/New_York, from the warehouse  ▁█▄▂`),
    )
  })

  test('says why values are not known, and since when in the product’s zone', () => {
    const unknown = { since: '2026-01-22T14:00:00.000Z', reason: 'collector github failed: api.github.com refused access (401)' }
    const lines = answerAsTable({ ...HEAD, points: [week(1, 350)], unknown }).split('\n\n')
    expect(lines[1]).toBe('unknown since 2026-01-22 09:00-05:00: collector github failed: api.github.com refused access (401)')
  })

  test('a comparison with the week before shows the growth', () => {
    const points = [week(1, 150, { change: null }), week(2, 250, { previous: 150, change: 2 / 3 })]
    expect(answerAsTable({ ...HEAD, points, source: 'live' })).toBe(
      text(`
from        value  sample  previous  change
──────────  ─────  ──────  ────────  ──────
2026-01-15    150     150         –       –
2026-01-22    250     250       150    +67%

downloads (count) by week, America/New_York, from the live counters  ▅█`),
    )
  })

  test('of a ratio has percentages, and points between them; a breakdown has a line of bars for each member', () => {
    const part = (n: number, category: string | null, value: number | null, more = {}) =>
      week(n, value, { by: { category }, sample: 80, ...more })
    const points = [
      part(1, 'devops', 0.875, { ...target(0.85, 0.025), previous: 0.845, change: 0.03 }),
      part(1, null, null, { target: { value: 0.85, direction: 'at_least' }, previous: 0.5, change: null }),
      part(2, 'devops', 0.44, { ...target(0.85, -0.41), previous: 0.875, change: -0.435 }),
      part(2, null, 1, { ...target(0.85, 0.15), change: null }),
    ]
    expect(answerAsTable({ ...HEAD, metric: 'success_rate', unit: 'ratio', points })).toBe(
      text(`
from        category   value  sample  target  status  distance  previous    change
──────────  ────────  ──────  ──────  ──────  ──────  ────────  ────────  ────────
2026-01-15  devops     87.5%      80   85.0%  ahead    +2.5 pp     84.5%   +3.0 pp
2026-01-15  (none)         –      80   85.0%  –              –     50.0%         –
2026-01-22  devops     44.0%      80   85.0%  behind  -41.0 pp     87.5%  -43.5 pp
2026-01-22  (none)    100.0%      80   85.0%  ahead   +15.0 pp         –         –

success_rate (ratio) by week, America/New_York, from the warehouse

devops  █▅
(none)   █`),
    )
  })

  test('of a breakdown beyond its limit says how many members are in (other) or left out', () => {
    const points = [week(1, 5, { by: { channel: 'github' } }), week(1, 3, { by: { channel: '(other)' } })]
    expect(answerAsTable({ ...HEAD, points, others: { members: 12, together: true } })).toContain('(other): 12 more, combined. Use --limit')
    expect(answerAsTable({ ...HEAD, points: points.slice(0, 1), others: { members: 12, together: false } })).toContain(
      '12 more are not shown.',
    )
  })

  test('of small ratios has as many decimals as the smallest of them needs', () => {
    const points = [week(1, 0.0005, { ...target(0.001, 0.0005), sample: 484 }), week(2, 0.021, { ...target(0.001, -0.02), sample: 950 })]
    expect(
      answerAsTable({ ...HEAD, metric: 'crash_rate', unit: 'ratio', points })
        .split('\n')
        .slice(2, 4),
    ).toEqual(['2026-01-15  0.050%     484  0.100%  ahead   +0.050 pp', '2026-01-22  2.100%     950  0.100%  behind  -2.000 pp'])
  })

  test('of a target of 0 shows the plain distance, since there is no fraction of 0', () => {
    const points = [week(1, 2, { target: { value: 0, direction: 'at_most', status: 'off', distance: -2 } })]
    expect(answerAsTable({ ...HEAD, points })).toBe(
      text(`
from        value  sample  target  status  distance
──────────  ─────  ──────  ──────  ──────  ────────
2026-01-15      2       2       0  off           -2

downloads (count) by week, America/New_York, from the warehouse`),
    )
  })

  test('has hours with their distance from UTC, which distinguishes those that the clocks repeat', () => {
    const hour = (from: string): SeriesPoint => ({ ...week(0, 1), from })
    const points = [hour('2026-11-01T05:00:00.000Z'), hour('2026-11-01T06:00:00.000Z')]
    expect(answerAsTable({ ...HEAD, period: 'hour', points }).match(/^2026-11-01 \S+/gm)).toEqual([
      '2026-11-01 01:00-04:00',
      '2026-11-01 01:00-05:00',
    ])
    const [cut] = answerAsTable({ ...HEAD, period: 'day', points: [hour('2026-11-01T12:30:00.000Z')] }).match(/^2026.*?(?= {2})/m) ?? []
    expect(cut).toBe('2026-11-01 07:30-05:00')
  })

  test('of cohorts has a line of bars for each, by their age', () => {
    const cohort = (of: number, offset: number, value: number | null, more: Partial<SeriesPoint> = {}): CohortPoint => ({
      ...week(of + offset, value, { sample: 150, complete: of + offset < 3, ...more }),
      cohort: WEEKS[of]?.slice(0, 10) ?? '',
      offset,
    })
    const points = [
      cohort(1, 0, 1),
      cohort(1, 1, 0.6667, target(0.67, -0.0033)),
      cohort(1, 2, 0.5, target(0.5, 0, 'on_target')),
      cohort(2, 0, 1),
      cohort(2, 1, null, { target: { value: 0.67, direction: 'at_least' } }),
    ]
    expect(answerAsTable({ ...HEAD, metric: 'retention', unit: 'ratio', points })).toBe(
      text(`
from        cohort      offset   value  sample  target  status     distance  period
──────────  ──────────  ──────  ──────  ──────  ──────  ─────────  ────────  ───────
2026-01-15  2026-01-15       0  100.0%     150       –  –                 –
2026-01-22  2026-01-15       1   66.7%     150   67.0%  behind      -0.3 pp
2026-01-29  2026-01-15       2   50.0%     150   50.0%  on_target    0.0 pp  partial
2026-01-22  2026-01-22       0  100.0%     150       –  –                 –
2026-01-29  2026-01-22       1       –     150   67.0%  –                 –  partial

retention (ratio) by week, America/New_York, from the warehouse

2026-01-15  █▆▅
2026-01-22  █`),
    )
  })
})

describe('CSV', () => {
  const ratio: MetricAnswer = {
    ...HEAD,
    metric: 'success_rate',
    unit: 'ratio',
    points: [
      week(0, null, { by: { category: 'devops' }, change: null }),
      week(1, 0.875, { by: { category: null }, complete: false, sample: 80, ...target(0.85, 0.025), previous: 0.845, change: 0.03 }),
    ],
  }

  test('has RFC 3339 times and plain numbers, without a sparkline', () => {
    expect(answerAsCsv(ratio).split('\r\n')).toEqual([
      'from,category,value,sample,target,status,distance,previous,change,to,complete',
      '2026-01-08T05:00:00Z,devops,,0,,,,,,2026-01-15T05:00:00Z,true',
      '2026-01-15T05:00:00Z,,0.875,80,0.85,ahead,0.025,0.845,0.03,2026-01-22T05:00:00Z,false',
    ])
  })
})
