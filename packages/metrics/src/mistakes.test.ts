import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CatalogueInvalid, formatProblem, loadProduct } from '@northstar/catalogue'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { metricsSection } from './index.ts'

const PRODUCT = 'name: shop\ntitle: Shop\ntimezone: Europe/Berlin\nlaunch: 2026-01-15\n'
const PLAN = `
events:
  visit:
    description: A visit.
    properties:
      country: { type: string }
  purchase:
    description: A purchase.
    properties:
      amount: { type: number }
      method: { type: string, values: [card, invoice] }
      gift: { type: boolean }
      pieces: { type: integer }
      note: { type: string, privacy: sensitive }
`

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'northstar-product-'))
  writeFileSync(join(folder, 'product.yaml'), PRODUCT)
  writeFileSync(join(folder, 'tracking-plan.yaml'), PLAN)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function problems(metrics: string): readonly string[] {
  writeFileSync(join(folder, 'metrics.yaml'), metrics)
  try {
    loadProduct(folder, { metrics: metricsSection })
  } catch (error) {
    if (error instanceof CatalogueInvalid) return error.problems.map(formatProblem)
    throw error
  }
  return []
}

const unitOf = (kind: string) =>
  /ratio_of_sums/.test(kind)
    ? 'number'
    : /ratio|share|segments|activation|retention|churn|adoption|funnel/.test(kind)
      ? 'ratio'
      : /time_between|open_age/.test(kind)
        ? 'hours'
        : 'count'

/** A metric whose own fields begin on line 6. */
const metric = (...lines: string[]) =>
  `metrics:\n  sales:\n    title: Sales\n    description: What was sold.\n    unit: ${unitOf(lines[0] ?? '')}\n${lines.map(line => `    ${line}\n`).join('')}`

test('conditions on a property and on its absence exclude each other', () => {
  const lines = ['kind: open_items', 'events: purchase', 'item: amount', 'opened: { gift: { exists: false } }', 'closed: { gift: true }']
  expect(problems(metric(...lines))).toEqual([])
})

test.each<[string, readonly string[], string]>([
  [
    'a kind that is none',
    ['kind: cuont', 'events: purchase'],
    '6: unknown kind "cuont", expected one of count, unique, ratio, share, percentile, sum, mean, per_user, segments, activation, retention, churn, adoption, latest, open_items, time_between, open_age, throughput, funnel, rolling, stickiness, lifecycle, ratio_of_sums, minimum, maximum, distinct, new_groups; did you mean "count"?',
  ],
  [
    'overlapping segments',
    ['kind: segments', 'events: purchase', 'segments: { few: { at_least: 1, at_most: 5 }, many: { at_least: 5 } }'],
    '8: 5 events are in few too: segments must not overlap',
  ],
  [
    'a segment that nobody can be in',
    ['kind: segments', 'events: purchase', 'segments: { few: { at_least: 5, at_most: 1 } }'],
    '8: nobody can be in few: at_least is greater than at_most',
  ],
  [
    'two steps of one name',
    ['kind: funnel', 'within: 1h', 'steps:', '  - { name: a, events: visit }', '  - { name: a, events: purchase }'],
    '10: another step is named a',
  ],
  [
    'a step of an event that is none',
    ['kind: funnel', 'within: 1h', 'steps:', '  - { name: a, events: vist }', '  - { name: b, events: purchase }'],
    '9: the tracking plan has no event "vist"; did you mean "visit"?',
  ],
  [
    'a percentile without its level',
    ['kind: time_between', 'events: purchase', 'item: amount', 'start: { gift: true }', 'end: { gift: false }', 'statistic: percentile'],
    '11: a percentile needs its level: `percentile` is missing, 90 for instance',
  ],
  [
    'a level without its percentile',
    ['kind: open_age', 'events: purchase', 'item: amount', 'opened: { gift: true }', 'closed: { gift: false }', 'percentile: 90'],
    '11: `percentile` goes with statistic: percentile, not with mean',
  ],
  [
    'a sum of texts above a line',
    ['kind: ratio_of_sums', 'numerator: { events: purchase, of: method }', 'denominator: { events: purchase, of: amount }'],
    '7: method is of type string, expected a number: one of amount, pieces',
  ],
  [
    'an item that one event opens and closes, because it has two properties',
    ['kind: open_items', 'events: purchase', 'item: amount', 'opened: { gift: { exists: true } }', 'closed: { method: card }'],
    '10: one event can meet both `opened` and `closed`: give them conditions that exclude each other',
  ],
  ['no segments', ['kind: segments', 'events: purchase', 'segments: {}'], '8: name at least one segment'],
  [
    'an item that one event opens and closes',
    ['kind: open_items', 'events: purchase', 'item: amount', 'opened: { method: card }', 'closed: { method: [card, invoice] }'],
    '10: one event can meet both `opened` and `closed`: give them conditions that exclude each other',
  ],
  [
    'a time between one event and itself',
    ['kind: time_between', 'events: purchase', 'item: amount', 'start: { method: card }', 'end: { gift: true }'],
    '10: one event can meet both `start` and `end`: give them conditions that exclude each other',
  ],
  [
    'a number that an integer cannot hold',
    ['kind: count', 'events: purchase', 'where: { pieces: 4.5 }'],
    '8: pieces is of type integer, which 4.5 is not',
  ],
  ['an event that is none', ['kind: count', 'events: purchse'], '7: the tracking plan has no event "purchse"; did you mean "purchase"?'],
  ['no events', ['kind: count'], '2: metrics.sales.events: is missing'],
  ['a field of another kind', ['kind: count', 'events: purchase', 'percentil: 95'], '8: metrics.sales: unknown key "percentil"'],
  [
    'a property that is none',
    ['kind: mean', 'events: purchase', 'of: amuont'],
    '8: purchase has no property "amuont", expected one of amount, pieces; did you mean "amount"?',
  ],
  [
    'a text where a number is needed',
    ['kind: mean', 'events: purchase', 'of: method'],
    '8: method is of type string, expected a number: one of amount, pieces',
  ],
  [
    'a breakdown that is none',
    ['kind: count', 'events: purchase', 'by: [metod]'],
    '8: cannot be broken down by "metod", expected one of amount, method, gift, pieces; did you mean "method"?',
  ],
  ['a breakdown by what is sensitive', ['kind: count', 'events: purchase', 'by: [note]'], '8: cannot be broken down by "note"'],
  [
    'a breakdown that only one of two events has',
    ['kind: count', 'events: [purchase, visit]', 'by: [country]'],
    '8: cannot be broken down by "country": there is none to choose from',
  ],
  [
    'a breakdown of a kind without',
    ['kind: churn', 'events: purchase', 'by: [method]'],
    '8: cannot be broken down by "method": there is none to choose from',
  ],
  [
    'a filter on a property that is none',
    ['kind: count', 'events: purchase', 'where:', '  metod: card'],
    '9: unknown property "metod", expected one of amount, method, gift, pieces; did you mean "method"?',
  ],
  [
    'a filter on a value that is none',
    ['kind: count', 'events: purchase', 'where: { method: crad }'],
    '8: method is never "crad", expected one of card, invoice; did you mean "card"?',
  ],
  ['a filter of another type', ['kind: count', 'events: purchase', 'where: { gift: 1 }'], '8: gift is of type boolean, which 1 is not'],
  [
    'a comparison of texts',
    ['kind: count', 'events: purchase', 'where: { method: { at_least: 4 } }'],
    '8: at_least compares numbers, but method is of type string',
  ],
  [
    'an unknown comparison',
    ['kind: count', 'events: purchase', 'where: { amount: { atleast: 4 } }'],
    '8: metrics.sales.where.amount: unknown key "atleast", expected one of not, at_least, at_most, exists; did you mean "at_least"?',
  ],
  [
    'a part of a ratio',
    ['kind: ratio', 'numerator: { events: purchase, where: { metod: card } }', 'denominator: { events: visit }'],
    '7: unknown property "metod"',
  ],
  [
    'a target for a breakdown that is none',
    ['kind: count', 'events: purchase', 'by: [method]', 'target:', '  by:', '    metod: { card: 5 }'],
    '11: cannot be broken down by "metod", expected one of method; did you mean "method"?',
  ],
  [
    'a total of no weeks',
    ['kind: count', 'events: purchase', 'target: { total: 5 }'],
    '8: total is for the whole of the weeks: `weeks` is missing',
  ],
  [
    'a direction that is none',
    ['kind: count', 'events: purchase', 'target: { value: 5, direction: atleast }'],
    '8: metrics.sales.target.direction: expected one of at_least, at_most, got "atleast"; did you mean "at_least"?',
  ],
  ['a percentile past all', ['kind: percentile', 'events: purchase', 'of: amount', 'percentile: 950'], '9: metrics.sales.percentile:'],
  [
    'a duration that is none',
    ['kind: activation', 'first: visit', 'next: purchase', 'within: a day'],
    '9: metrics.sales.within: "a day" is not a duration',
  ],
  [
    'a word of the hierarchy',
    ['kind: count', 'events: purchase', 'level: northstar'],
    '8: metrics.sales.level: expected one of north_star, kpi, supporting, got "northstar"; did you mean "north_star"?',
  ],
])('%s', (_, lines, expected) => {
  const found = problems(metric(...lines))
  expect(found).toHaveLength(1)
  expect(found[0]).toContain(`metrics.yaml:${expected}`)
})

test('a second north star', () => {
  const two = ['a', 'b'].map(
    name => `  ${name}: { title: T, description: D., unit: count, kind: count, events: visit, level: north_star }\n`,
  )
  expect(problems(`metrics:\n${two.join('')}`)).toEqual(['metrics.yaml:3: there can be only one north star: a has this level already'])
})

test('all mistakes of all metrics are reported together', () => {
  const one = (name: string, fields: string) => `  ${name}: { title: T, description: D., unit: count, ${fields} }\n`
  const found = problems(
    `metrics:\n${one('a', 'kind: cuont')}${one('b', 'kind: count, events: vist')}${one('c', 'kind: count, evnts: visit')}`,
  )
  expect(found.map(line => line.slice(0, 15))).toEqual([2, 3, 4].map(line => `metrics.yaml:${line}:`))
})

test.each([
  ['count', 'kind: count, events: visit', 'ratio', 'count or number'],
  [
    'time_between',
    'kind: time_between, events: purchase, item: amount, start: { method: card }, end: { method: invoice }',
    'number',
    'ms or hours',
  ],
])('a metric of kind %s in a unit that it never has is a mistake', (kind, fields, unit, valid) => {
  expect(problems(`metrics:\n  a: { title: A, description: A., unit: ${unit}, ${fields} }\n`)).toEqual([
    expect.stringContaining(`a metric of kind ${kind} is never in ${unit}, expected ${valid}`),
  ])
})
