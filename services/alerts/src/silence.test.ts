import { alertsFile } from '@northstar/alerting'
import { api } from '@northstar/http-api'
import { expect, test } from 'vitest'
import { knownLabels, matchersOf, rulesMatched, silenceOf, silenceWarnings } from './silence.ts'

const rules = alertsFile.parse({
  groups: [
    {
      name: 'g',
      rules: [
        {
          alert: 'low_csat',
          metric: 'csat',
          window: '5m',
          by: 'platform',
          condition: { below: 1 },
          severity: 'P1',
          action: '',
          labels: { component: 'feedback' },
        },
      ],
    },
  ],
})

const NOW = Date.parse('2026-01-20T12:00:00Z')
const ZONE = 'America/New_York'
const matchers = ['severity="P1"']
const { body } = api.silences.create
const made = (given: object) => silenceOf(body.parse({ matchers, ...given }), { id: 'id', createdBy: 'ada', now: NOW, timezone: ZONE })
const iso = (at: number) => new Date(at).toISOString()

test.each<[string | number, string]>([
  ['2026-01-20T15:00:00Z', '2026-01-20T15:00:00.000Z'],
  ['2026-01-20T15:00:00+01:00', '2026-01-20T14:00:00.000Z'],
  ['2026-12-01T15:00', '2026-12-01T20:00:00.000Z'],
  ['2026-07-01 15:00:30', '2026-07-01T19:00:30.000Z'],
  ['2026-12-01', '2026-12-01T05:00:00.000Z'],
  [NOW + 60_000, '2026-01-20T12:01:00.000Z'],
])('%s ends at %s: a time without an offset is of the product’s zone', (endsAt, expected) => {
  expect(iso(made({ endsAt }).endsAt)).toBe(expected)
})

test.each<[object, RegExp]>([
  [{ endsAt: 9007199254740991 }, /endsAt`: .*more than ten years away/],
  [{ endsAt: NOW + 1.5 }, /endsAt`: .*not an integer/],
  [{ endsAt: -1e300 }, /endsAt/],
  [{ endsAt: '2026' }, /endsAt`: "2026" is not a time: .*America\/New_York/],
  [{ endsAt: '1' }, /endsAt/],
  [{ endsAt: 1 }, /endsAt/],
  [{ endsAt: '2026-02-31' }, /endsAt/],
  [{ endsAt: '2026-02-31T10:00:00Z' }, /endsAt/],
  [{ endsAt: '2026-02-31T10:00' }, /endsAt/],
  [{ endsAt: '2026-01-20T25:00' }, /endsAt/],
  [{ endsAt: 'tomorrow' }, /endsAt/],
  [{ startsAt: '2026-02-31', duration: '1h' }, /startsAt/],
  [{ duration: '99999999999999w' }, /duration/],
  [{ duration: 'soon' }, /duration`: "soon" is not a duration/],
  [{ duration: '1h', endsAt: '2026-02-01' }, /not both/],
  [{ endsAt: '2026-01-19' }, /already have ended/],
  [{}, /needs endsAt/],
])('%j is refused', (given, message) => {
  expect(() => made(given)).toThrow(message)
})

test.each<[object, RegExp]>([
  [{ matchers: [] }, /matchers/],
  [{ matchers: ['a=~"("'] }, /regular expression is not in RE2/],
  [{ matchers: [{ name: 'a', value: '(', isRegex: true }] }, /not a regular expression/],
  [{ matchers: [{ name: 'a b', value: 'x' }] }, /is not a label name/],
  [{ matchers: [7] }, /matchers/],
  [{ matchers: ['a!="x"'] }, /at least one matcher must require a value/],
  [{ until: 'x' }, /until/],
])('%j is refused', (given, message) => {
  expect(() => made({ duration: '1h', ...given })).toThrow(message)
})

test.each<[string, readonly string[]]>([
  ['alertname="low_cast"', ['There is no rule "low_cast"; did you mean "low_csat"? The silence matches no alert of this product.']],
  ['serverity="P1"', ['No alert has a label "serverity"; did you mean "severity"? The silence matches no alert of this product.']],
  ['severity="P9"', ['No alert has severity "P9"; did you mean "P0"? The silence matches no alert of this product.']],
  ['alertname="foo"', ['There is no rule "foo"; valid: low_csat. The silence matches no alert of this product.']],
  ['alertname="low_csat"', []],
  ['alertname=~"low.*"', []],
  ['platform="macos"', []],
  ['component="feedback"', []],
  ['component="feedbak"', ['No alert has component "feedbak"; did you mean "feedback"? The silence matches no alert of this product.']],
  ['low_csat', []],
])('a silence by %s has the warnings %j', (text, warnings) => {
  expect(silenceWarnings(made({ matchers: [text], duration: '1h' }).matchers, knownLabels(rules))).toEqual(warnings)
})

test.each<[readonly string[], boolean]>([
  [['low_csat'], true],
  [['severity="P1"', 'component="feedback"'], true],
  // Which platforms there are is known only once events come.
  [['platform="macos"'], true],
  [['severity="P0"'], false],
  [['alertname=~"high_.*"'], false],
  [['product="caro"'], true],
])('a silence by %j matches the rule: %s', (given, matched) => {
  const found = rulesMatched(matchersOf(given), rules, 'caro')
  expect(found.map(({ name }) => name)).toEqual(matched ? ['low_csat'] : [])
})
