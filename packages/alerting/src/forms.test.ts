import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { dispatch } from './dispatch.ts'
import { fingerprint, type Labels } from './labels.ts'
import { parseMatcher } from './matchers.ts'
import { routingFields, toRouting } from './routing-file.ts'
import type { Alert } from './rule-state.ts'
import type { Silence } from './silences.ts'

const routingFile = z.object(routingFields).transform(toRouting)

/** Labels that senders can cause. */
const VALUES = ['', ' ', 'macos', 'a"b', 'a\\b', 'a\nb', '.*', '(', '🙂', '\u0000', 'a'.repeat(1_000), `${'a'.repeat(999)}!`, '{{ value }}']

const MATCHERS = [
  ...['=', '!=', '=~', '!~'].flatMap(operator =>
    ['macos', '', '.*', 'a+', '(a+)+$', '(a|aa)+$', '(?i)MACOS', '\\pL+', '[^x]*', '^$', '.'].map(value => `platform${operator}"${value}"`),
  ),
  'platform=~"stab\\-ility"',
  'platform=~"\\x{1F642}"',
  'none=~".+"',
  'severity="P1"',
  'alertname=macos',
  // Members that each object inherits.
  ...['__proto__', 'constructor', 'toString'].flatMap(name => ['=', '!=', '=~', '!~'].map(operator => `${name}${operator}".*[a-z]"`)),
]

const INTERVALS: readonly object[] = [
  { times: [{ start_time: '18:00', end_time: '08:00' }] },
  { times: [{ start_time: '00:00', end_time: '12:00' }], weekdays: ['monday:friday'], location: 'America/New_York' },
  { weekdays: ['saturday:monday'] },
  { days_of_month: ['-3:2'] },
  { months: ['november:february'], location: 'Pacific/Apia' },
  { years: [2026] },
]

const alertOf = (labels: Labels): Alert => ({
  fingerprint: fingerprint(labels),
  rule: 'r',
  severity: 'P1',
  labels,
  annotations: {},
  startsAt: 0,
  endsAt: null,
  value: 1,
  threshold: 0,
})
const alerts = VALUES.map(platform => alertOf({ alertname: 'r', severity: 'P1', platform }))
/** An alert that no form of the table matches. */
const loud = alertOf({ alertname: 'loud', severity: 'P2', platform: 'é'.repeat(3) })

const notified = (config: ReturnType<typeof routingFile.parse>, silences: readonly Silence[], now: number): readonly string[] => {
  const { changed } = dispatch(config, { now, firing: [...alerts, loud], ended: [], silences, acknowledgements: new Map() }, new Map())
  return [...changed.values()].flatMap(step => step.notifications.flatMap(one => one.alerts.map(alert => alert.fingerprint)))
}

describe.each(MATCHERS)('the matcher %s', text => {
  const matcher = parseMatcher(text)
  const config = (over: object) =>
    routingFile.parse({ receivers: { all: [] }, route: { receiver: 'all', group_wait: 0, group_by: ['...'], ...over } })

  it('is accepted, and runs against every alert in a moment as a silence, a route and an inhibition', () => {
    if (!matcher) throw new Error(`${text} is refused`)
    const started = performance.now()
    const silence = { id: 's', matchers: [matcher], startsAt: 0, endsAt: 10, createdBy: '', comment: '' }
    const silenced = notified(config({}), [silence], 1)
    const routed = notified(config({ routes: [{ matchers: [text], receiver: 'all' }] }), [], 1)
    const inhibiting = routingFile.parse({
      receivers: { all: [] },
      route: { receiver: 'all', group_wait: 0, group_by: ['...'] },
      inhibit_rules: [{ source_matchers: [text], target_matchers: ['severity="P3"'] }],
    })
    expect(routed).toHaveLength(alerts.length + 1)
    expect(notified(inhibiting, [], 1)).toHaveLength(alerts.length + 1)
    // A silence mutes what matches, and nothing else.
    expect(silenced.length).toBeLessThanOrEqual(alerts.length + 1)
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe.each(INTERVALS)('the mute time %j', interval => {
  it('runs at every hour of two years and mutes some of them', () => {
    const config = routingFile.parse({
      receivers: { all: [] },
      route: { receiver: 'all', group_wait: 0, group_by: ['...'], mute_time_intervals: ['i'] },
      time_intervals: [{ name: 'i', time_intervals: [interval] }],
    })
    const counts = new Set<number>()
    for (let at = Date.parse('2026-01-01'); at < Date.parse('2028-01-01'); at += 7 * 3_600_000) counts.add(notified(config, [], at).length)
    expect([...counts].toSorted((a, b) => a - b)).toEqual([0, alerts.length + 1])
  })
})
