import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatProblem } from '@northstar/catalogue'
import { channelTypes } from '@northstar/notifications'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkProduct } from './product.ts'

const FILES = {
  'product.yaml': 'name: shop\ntitle: Shop\ntimezone: Europe/Berlin\nlaunch: 2026-01-15\n',
  'tracking-plan.yaml': `events:
  purchase:
    description: A purchase.
    properties:
      amount: { type: number }
      method: { type: string, values: [card, invoice] }
`,
  'metrics.yaml': `metrics:
  sales: { kind: count, title: Sales, description: Purchases., unit: count, events: purchase, by: [method] }
  back: { kind: retention, title: Back, description: Who came back., unit: ratio, events: purchase }
`,
  'alerts.yaml': `groups:
  - name: all
    rules:
      - alert: no_sales
        metric: sales
        window: 1h
        by: method
        condition: { below: 1 }
        severity: P0
        action: Look.
`,
  'channels.yaml': `channels:
  hook: { type: webhook, url: 'https://example.org' }
receivers: { team: [hook] }
route:
  receiver: team
`,
  'dashboard.yaml': `panels:
  - { type: value, metric: sales, by: method }
  - { type: value, metric: back, offset: 1 }
`,
}
type File = keyof typeof FILES

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'northstar-product-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The shop with each of the texts replaced by the other, and the expected mistake. */
function inspect(...changes: readonly (readonly [File, string, string])[]) {
  const files: Record<File, string> = { ...FILES }
  for (const [file, from, to] of changes) {
    expect(files[file]).toContain(from)
    files[file] = files[file].replace(from, to)
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return checkProduct(folder, {})
}
const problems = (...changes: readonly (readonly [File, string, string])[]) => inspect(...changes).problems.map(formatProblem)
/** Without the words that would do. */
const brief = (...changes: readonly (readonly [File, string, string])[]) =>
  problems(...changes).map(line => line.replace(/(, expected|; did you mean|; there are) .*/, ''))

test('the second product has no mistakes', () => {
  const { problems: none, catalogue } = inspect()
  expect(none).toEqual([])
  expect([...(catalogue?.metrics.keys() ?? [])]).toEqual(['sales', 'back'])
})

describe('a file that is missing is one mistake, however often its names are used', () => {
  const without = (...names: readonly File[]) => {
    for (const [name, text] of Object.entries(FILES)) if (!names.some(one => one === name)) writeFileSync(join(folder, name), text)
    return checkProduct(folder, {}).problems.map(formatProblem)
  }

  test('metrics.yaml', () => {
    expect(without('metrics.yaml')).toEqual([
      'metrics.yaml:1: is missing; 3 names refer to it in alerts.yaml, dashboard.yaml: create it, or remove them',
    ])
  })

  test('alerts.yaml and channels.yaml, of which rule tests use names', () => {
    writeFileSync(
      join(folder, 'alerts.test.yaml'),
      `tests:
  - name: No sales.
    start: 2026-01-20T12:00:00Z
    alert_rule_test: [{ eval_time: 1h, alertname: no_sales }]
    notification_test: [{ eval_time: 1h, receiver: team }]
`,
    )
    expect(without('alerts.yaml', 'channels.yaml')).toEqual([
      'alerts.yaml:1: is missing; one name refers to it in alerts.test.yaml: create it, or remove them',
      'channels.yaml:1: is missing; one name refers to it in alerts.test.yaml: create it, or remove them',
    ])
  })

  test('a file whose names no other file uses may be missing', () => {
    expect(without('alerts.yaml', 'channels.yaml', 'dashboard.yaml')).toEqual([])
  })

  test('a required file, and a folder in the place of one', () => {
    mkdirSync(join(folder, 'metrics.yaml'))
    expect(without('product.yaml', 'metrics.yaml')).toEqual([
      expect.stringMatching(
        /^product.yaml:1: is missing in northstar-product-\w+: every product folder needs it. Is another folder meant\?$/,
      ),
      'metrics.yaml:1: is a folder, expected a file',
    ])
  })
})

test('a rule on a metric that has parts of its own names the breakdown', () => {
  const states = ['metrics.yaml', 'kind: count, title: Sales', 'kind: lifecycle, title: Sales'] as const
  const kept = ['metrics.yaml', ', by: [method] }', ' }'] as const
  const rule = (by: string) => ['alerts.yaml', '        by: method\n', by] as const
  const panel = ['dashboard.yaml', 'sales, by: method', 'sales, by: lifecycle'] as const
  expect(problems(states, kept, rule('        by: lifecycle\n'), panel)).toEqual([])
  expect(problems(states, kept, rule(''), panel)).toEqual([
    'alerts.yaml:4: no_sales: sales has a value for each of its parts: `by: lifecycle` is missing',
  ])
  expect(problems(states, kept, rule('        by: lifecycel\n'), panel)).toEqual([
    'alerts.yaml:7: no_sales: unknown breakdown "lifecycel", expected one of lifecycle; did you mean "lifecycle"?',
  ])
})

describe('a mistake hides no other', () => {
  test('in the same file or another', () => {
    const found = brief(
      ['product.yaml', 'title', 'titel'],
      ['tracking-plan.yaml', 'number }', 'number, max_length: 3 }'],
      ['tracking-plan.yaml', 'card,', 'card, 7,'],
      ['metrics.yaml', 'unit: count', 'unit: cont'],
      ['alerts.yaml', 'metric: sales', 'metric: sale'],
      ['alerts.yaml', 'window: 1h', 'window: soon'],
      ['channels.yaml', '[hook]', '[hok]'],
      ['channels.yaml', 'receiver: team', 'receivr: team'],
      ['dashboard.yaml', 'metric: sales', 'metric: sails'],
      ['dashboard.yaml', 'offset: 1', 'offset: one'],
    )
    expect(found).toEqual([
      'product.yaml:2: unknown key "titel"',
      'tracking-plan.yaml:5: max_length belongs to strings, but amount is of type number',
      'tracking-plan.yaml:6: events.purchase.properties.method.values.1: expected string, got 7: put it in quotes',
      'metrics.yaml:2: metrics.sales.unit: expected one of count, ratio, ms, kB, bytes, hours, per_user, number, got "cont"',
      'alerts.yaml:5: no_sales: unknown metric "sale"',
      'alerts.yaml:6: groups.0.rules.0.window: "soon" is not a duration: write 30s, 5m, 1h30m, 1d or 2w',
      'channels.yaml:3: unknown channel "hok"',
      'channels.yaml:5: route: unknown key "receivr"',
      'dashboard.yaml:2: unknown metric "sails"',
      'dashboard.yaml:3: panels.1.offset: expected number, got "one"',
    ])
  })

  test('of the same metric, rule or panel', () => {
    expect(brief(['alerts.yaml', 'metric: sales', 'metric: sale'], ['alerts.yaml', 'by: method', 'by: metod'])).toEqual([
      'alerts.yaml:5: no_sales: unknown metric "sale"',
      'alerts.yaml:7: no_sales: unknown breakdown "metod"',
    ])
    expect(brief(['dashboard.yaml', 'value, metric: sales, by: method', 'vale, metric: sales, by: metod'])).toEqual([
      'dashboard.yaml:2: panels.0.type: expected one of north_star, value, figures, alerts, got "vale"',
      'dashboard.yaml:2: unknown breakdown "metod"',
    ])
  })

  test('an unknown metric in one file is reported even if the breakdowns of others are unknown', () => {
    const unknown = ['metrics.yaml', 'by: [method]', 'by: method'] as const
    expect(brief(unknown, ['alerts.yaml', 'metric: sales', 'metric: sale'])).toEqual([
      'metrics.yaml:2: metrics.sales.by: expected array, got "method"',
      'alerts.yaml:5: no_sales: unknown metric "sale"',
    ])
  })

  test('when a key is there twice', () => {
    const twice = '      - alert: no_sales\n        metric: sale\n    rules:\n      - alert: no_sales'
    expect(brief(['alerts.yaml', '      - alert: no_sales', twice])).toEqual([
      'alerts.yaml:4: groups.0.rules.0.window: is missing',
      'alerts.yaml:4: groups.0.rules.0.condition: is missing',
      'alerts.yaml:4: groups.0.rules.0.severity: is missing',
      'alerts.yaml:4: groups.0.rules.0.action: is missing',
      'alerts.yaml:5: no_sales: unknown metric "sale"',
      'alerts.yaml:6: the key "rules" is repeated: remove one of them, or rename it',
      'alerts.yaml:7: two rules are named no_sales: rename one',
    ])
  })
})

describe('a mistake is reported once', () => {
  test.each<[string, readonly [File, string, string], string]>([
    ['a property without its type', ['tracking-plan.yaml', 'type: string', 'typ_of: string'], 'tracking-plan.yaml:6'],
    ['a property of an unknown type', ['tracking-plan.yaml', 'type: string', 'type: colour'], 'tracking-plan.yaml:6'],
    ['an event without description', ['tracking-plan.yaml', '    description: A purchase.\n', ''], 'tracking-plan.yaml:2'],
    ['a misspelt list of properties', ['tracking-plan.yaml', 'properties', 'propertys'], 'tracking-plan.yaml:4'],
    ['a plan that is none', ['tracking-plan.yaml', 'card, invoice] }\n', 'card, invoice] }\n\t?'], 'tracking-plan.yaml:7'],
    ['a metric without title', ['metrics.yaml', 'title: Sales, ', ''], 'metrics.yaml:2'],
    ['a metric of a wrong form', ['metrics.yaml', 'by: [method]', 'by: method'], 'metrics.yaml:2'],
    ['a misspelt list of metrics', ['metrics.yaml', 'metrics:', 'metric:'], 'metrics.yaml:1'],
    ['a channel of an unknown type', ['channels.yaml', 'webhook', 'pigeon'], 'channels.yaml:2'],
    ['a misspelt list of receivers', ['channels.yaml', 'receivers', 'reciever'], 'channels.yaml:3'],
    ['a rule without a name', ['alerts.yaml', 'alert: no_sales', 'alert: 7'], 'alerts.yaml:4'],
  ])('and not again where its place is named: %s', (_, change, place) => {
    expect(problems(change).map(line => line.split(': ')[0])).toEqual([place])
  })

  test('at the place where it was written, even if it is used through an alias', () => {
    const plan = `${FILES['tracking-plan.yaml']}  refund:
    description: A refund.
    properties:
      method: &method { type: string, requird: true, max_length: 0 }
  gift:
    description: A gift.
    properties:
      method: *method
      wrapped: { <<: *method, type: bolean }
`
    expect(brief(['tracking-plan.yaml', FILES['tracking-plan.yaml'], plan])).toEqual([
      'tracking-plan.yaml:10: events.refund.properties.method.max_length: must be at least 1, got 0',
      'tracking-plan.yaml:10: events.refund.properties.method: unknown key "requird"',
      'tracking-plan.yaml:15: events.gift.properties.wrapped.type: expected one of string, integer, number, boolean, got "bolean"',
    ])
  })
})

test.each<[string, readonly [File, string, string], string]>([
  [
    'the word that decides on the form',
    ['channels.yaml', 'webhook', 'webhok'],
    `channels.yaml:2: channels.hook.type: expected one of ${[...channelTypes.keys()].join(', ')}, got "webhok"; did you mean "webhook"?`,
  ],
  [
    'a key of one of several forms',
    ['alerts.yaml', 'below: 1', 'belw: 1'],
    'alerts.yaml:8: groups.0.rules.0.condition: unknown key "belw", expected below; did you mean "below"?',
  ],
  [
    'a word where a number would do too',
    ['alerts.yaml', 'below: 1', 'below: targt'],
    'alerts.yaml:8: groups.0.rules.0.condition.below: expected target, got "targt"; did you mean "target"?',
  ],
  [
    'a receiver in the tree of routes',
    ['channels.yaml', '  receiver: team', '  receiver: team\n  routes:\n    - matchers: [a=b]\n      routes:\n        - receiver: tem'],
    'channels.yaml:9: unknown receiver "tem", expected one of team; did you mean "team"?',
  ],
  [
    'a metric by cohort without offset',
    ['dashboard.yaml', ', offset: 1', ''],
    'dashboard.yaml:3: back is asked by cohort: `offset` is missing, 1 being the period after the first',
  ],
])('%s is reported with its line and the nearest word', (_, change, expected) => {
  expect(problems(change)).toEqual([expected])
})
