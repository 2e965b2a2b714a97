import type { Filter } from '@northstar/catalogue'
import { expect, test } from 'vitest'
import type { Metric } from '../metric.ts'
import { type CountedSet, withoutOverlap } from './overlap.ts'

const filter = (property: string, ...values: string[]): Filter => ({ property, op: 'in', values })
const set = (events: string[], ...where: Filter[]): CountedSet => ({ events, where })

function separated(sets: Readonly<Record<string, readonly CountedSet[]>>) {
  const metrics = Object.keys(sets).map(
    (name): Metric => ({
      name,
      title: name,
      description: '',
      unit: 'count',
      kind: 'count',
      by: [],
      where: [],
      definition: {},
      level: 'supporting',
      public: true,
    }),
  )
  const { published, withheld } = withoutOverlap(metrics, metric => sets[metric.name] ?? [])
  return [published.map(({ name }) => name), withheld.map(({ metric, overlaps }) => `${metric.name} overlaps ${overlaps.name}`)]
}

const visits = set(['visit'])
const team = set(['visit'], filter('plan', 'team'))
const orders = set(['order'])

test('of a whole and a part of it only the first is published', () => {
  expect(separated({ visits: [visits], team: [team], orders: [orders] })).toEqual([['visits', 'orders'], ['team overlaps visits']])
  expect(separated({ team: [team], visits: [visits] })).toEqual([['team'], ['visits overlaps team']])
})

test('of two sets with a common event only the first is published', () => {
  expect(separated({ both: [set(['visit', 'order'])], orders: [orders] })).toEqual([['both'], ['orders overlaps both']])
  expect(separated({ any: [set([])], orders: [orders] })).toEqual([['any'], ['orders overlaps any']])
})

test('metrics that count the same sets, or no common events, are both published', () => {
  const written = [set(['visit'], filter('plan', 'a', 'b'), filter('of', 'x'))]
  const otherwise = [set(['visit'], filter('of', 'x'), filter('plan', 'b', 'a'))]
  expect(separated({ people: [visits], events: [visits], orders: [orders] })[1]).toEqual([])
  expect(separated({ written, otherwise })[1]).toEqual([])
  expect(separated({ stars: [], visits: [visits] })[1]).toEqual([])
})

test('a ratio is published together with its denominator, but not with another part of it', () => {
  const rate = [team, visits]
  expect(separated({ visits: [visits], rate })[1]).toEqual([])
  expect(separated({ rate, firm: [set(['visit'], filter('plan', 'firm'))] })[1]).toEqual(['firm overlaps rate'])
})
