import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { Acknowledgement } from './acknowledgements.ts'
import { dispatch } from './dispatch.ts'
import type { GroupState } from './groups.ts'
import { fingerprint } from './labels.ts'
import type { Notification } from './notification.ts'
import { destinations } from './routing.ts'
import { type Routing, routingFields, toRouting } from './routing-file.ts'
import type { Alert } from './rule-state.ts'
import type { Silence } from './silences.ts'
import { inIntervals } from './time-intervals.ts'

const routingFile = z.object(routingFields).transform(toRouting)

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

function configOf(route: Record<string, unknown>, over: Record<string, unknown> = {}): Routing {
  const receivers = { team: ['hook'], leads: ['hook'], pager: ['hook'] }
  return routingFile.parse({ receivers, route: { receiver: 'team', ...route }, ...over })
}

/** Alerts that fire and end, a second at a time. */
function play(config: Routing, until: number, script: Record<number, (context: ReturnType<typeof contextOf>) => void>) {
  const context = contextOf()
  const groups = new Map<string, GroupState>()
  const sent: { at: number; notification: Notification }[] = []
  for (let now = 0; now <= until; now += SECOND) {
    context.now = now
    script[now]?.(context)
    for (;;) {
      const { changed } = dispatch(config, { ...context, firing: [...context.firing.values()], ended: [...context.ended.values()] }, groups)
      if (changed.size === 0) break
      for (const [key, { group, notifications }] of changed) {
        if (group) groups.set(key, JSON.parse(JSON.stringify(group)) as GroupState)
        else groups.delete(key)
        sent.push(...notifications.map(notification => ({ at: now, notification })))
      }
    }
  }
  const lines = sent.map(({ at, notification: { receiver, reason, alerts } }) => {
    const names = alerts.map(alert => `${alert.rule}${alert.endsAt === null ? '' : ' ended'}`).sort()
    return `${at / SECOND} ${receiver} ${reason}: ${names.join(', ')}`
  })
  return { lines, sent, groups }
}

function contextOf() {
  const firing = new Map<string, Alert>()
  const ended = new Map<string, Alert>()
  const context = {
    now: 0,
    firing,
    ended,
    silences: [] as Silence[],
    acknowledgements: new Map<string, Acknowledgement>(),
    unreachable: new Set<string>(),
    fire(rule: string, severity: Alert['severity'] = 'P1', labels: Record<string, string> = {}) {
      const all = { alertname: rule, severity, ...labels }
      const alert: Alert = {
        fingerprint: fingerprint(all),
        rule,
        severity,
        labels: all,
        annotations: {},
        startsAt: context.now,
        endsAt: null,
        value: 1,
        threshold: 0,
      }
      firing.set(rule, alert)
    },
    set(rule: string, value: number, unit?: Alert['unit']) {
      const alert = firing.get(rule)
      if (alert) firing.set(rule, { ...alert, value, ...(unit && { unit }) })
    },
    end(rule: string) {
      const alert = firing.get(rule)
      firing.delete(rule)
      if (alert) ended.set(rule, { ...alert, endsAt: context.now })
    },
    acknowledge(rule: string, by: string) {
      const alert = firing.get(rule)
      if (alert)
        context.acknowledgements.set(alert.fingerprint, {
          fingerprint: alert.fingerprint,
          startsAt: alert.startsAt,
          by,
          at: context.now,
          value: alert.value,
        })
    },
  }
  return context
}

describe('a group', () => {
  const config = configOf({ group_by: ['severity'] })

  it('gathers for group_wait, then for group_interval, and repeats after repeat_interval', () => {
    const { lines } = play(config, 5 * HOUR, {
      0: context => context.fire('a'),
      [10 * SECOND]: context => context.fire('b'),
      [60 * SECOND]: context => context.fire('c'),
    })
    expect(lines).toEqual(['30 team new: a, b', '330 team new: a, b, c', `${330 + 4 * 3600} team repeat: a, b, c`])
  })

  it('sends nothing for an alert that was resolved before group_wait', () => {
    const { lines, groups } = play(config, MINUTE, { 0: context => context.fire('a'), [20 * SECOND]: context => context.end('a') })
    expect(lines).toEqual([])
    expect(groups.size).toBe(0)
  })

  it('notifies of an end at once', () => {
    const { lines, groups } = play(config, 10 * MINUTE, { 0: context => context.fire('a'), [40 * SECOND]: context => context.end('a') })
    expect(lines).toEqual(['30 team new: a', '40 team resolved: a ended'])
    expect(groups.size).toBe(0)
  })

  it('sends a P0 at once, without group_wait', () => {
    const { lines } = play(config, 2 * MINUTE, { 0: context => context.fire('a', 'P0'), [5 * SECOND]: context => context.fire('b', 'P0') })
    expect(lines).toEqual(['0 team new: a', '5 team new: a, b'])
  })

  it('notifies of an alert that ends and begins again twice', () => {
    const { lines, sent } = play(config, 10 * MINUTE, {
      0: context => context.fire('a', 'P0'),
      [60 * SECOND]: context => {
        context.end('a')
        context.fire('a', 'P0')
      },
    })
    expect(lines).toEqual(['0 team new: a', '60 team resolved: a ended', '60 team new: a'])
    expect(new Set(sent.map(one => one.notification.id)).size).toBe(3)
  })

  it('gives each notification an id of its own, also after the group began anew', () => {
    const { sent } = play(config, HOUR, {
      0: context => context.fire('a', 'P0'),
      [60 * SECOND]: context => context.end('a'),
      [120 * SECOND]: context => context.fire('a', 'P0'),
      [180 * SECOND]: context => context.end('a'),
    })
    expect(new Set(sent.map(one => one.notification.id)).size).toBe(4)
  })
})

describe('silences', () => {
  const config = configOf({ group_by: ['...'], group_wait: '0' })
  const silence: Silence = {
    id: 's',
    matchers: [{ name: 'alertname', value: 'a', isRegex: false, isEqual: true }],
    startsAt: 0,
    endsAt: 10 * MINUTE,
    createdBy: '',
    comment: '',
  }

  it('mute what matches until they end', () => {
    const { lines } = play(config, HOUR, {
      0(context) {
        context.silences.push(silence)
        context.fire('a')
        context.fire('b')
      },
    })
    expect(lines).toEqual(['0 team new: b', '600 team new: a'])
  })

  it('let the resolution through to receivers of the firing', () => {
    const { lines } = play(config, HOUR, {
      0: context => context.fire('a'),
      [60 * SECOND]: context => context.silences.push(silence),
      [120 * SECOND]: context => context.end('a'),
    })
    expect(lines).toEqual(['0 team new: a', '120 team resolved: a ended'])
  })
})

describe('inhibition', () => {
  const rules = [{ source_matchers: ['severity="P0"'], target_matchers: ['severity="P1"'], equal: ['component'] }]
  const config = configOf({ group_by: ['...'], group_wait: '0' }, { inhibit_rules: rules })

  it('lets a P0 mute the P1 of its component, and nothing else, until it ends', () => {
    const { lines } = play(config, HOUR, {
      0(context) {
        context.fire('grave', 'P0', { component: 'x' })
        context.fire('lesser', 'P1', { component: 'x' })
        context.fire('other', 'P1', { component: 'y' })
      },
      [MINUTE]: context => context.end('grave'),
    })
    expect(lines.sort()).toEqual(['0 team new: grave', '0 team new: other', '60 team new: lesser', '60 team resolved: grave ended'])
  })
})

describe('escalation', () => {
  const config = configOf({ group_by: ['...'], escalate: [{ after: '15m', receiver: 'leads' }] })

  it('escalates when nobody acknowledges, and sends the end to all', () => {
    const { lines } = play(config, HOUR, { 0: context => context.fire('a', 'P0'), [20 * MINUTE]: context => context.end('a') })
    expect(lines).toEqual(['0 team new: a', '900 leads escalation: a', '1200 team resolved: a ended', '1200 leads resolved: a ended'])
  })

  it('neither escalates nor repeats after an acknowledgement, but notifies the earlier receivers of it', () => {
    const { lines, sent } = play(config, 5 * HOUR, {
      0: context => context.fire('a', 'P0'),
      [MINUTE]: context => context.acknowledge('a', 'ada'),
    })
    expect(lines).toEqual(['0 team new: a', '60 team acknowledged: a'])
    expect(sent[1]?.notification.acknowledgedBy).toBe('ada')
  })
})

describe('an acknowledgement', () => {
  const config = configOf({ group_by: ['...'], escalate: [{ after: '15m', receiver: 'leads' }] })
  const P0 = (context: ReturnType<typeof contextOf>) => context.fire('a', 'P0')
  const ack = (context: ReturnType<typeof contextOf>) => context.acknowledge('a', 'ada')

  it('holds for the acknowledged value: a second bug notifies again, once, and can be acknowledged', () => {
    const { lines } = play(config, 14 * MINUTE, { 0: P0, [MINUTE]: ack, [2 * MINUTE]: context => context.set('a', 2), [5 * MINUTE]: ack })
    expect(lines).toEqual(['0 team new: a', '60 team acknowledged: a', '120 team worse: a', '300 team acknowledged: a'])
  })

  it('that no longer holds starts the escalation again', () => {
    const { lines } = play(config, HOUR, { 0: P0, [MINUTE]: ack, [20 * MINUTE]: context => context.set('a', 2) })
    expect(lines).toEqual(['0 team new: a', '60 team acknowledged: a', '1200 team worse: a', `${1200 + 900} leads escalation: a`])
  })

  it('does not hold back the notification of a worse value at the same time', () => {
    const both = (context: ReturnType<typeof contextOf>) => {
      ack(context)
      context.set('a', 2)
    }
    expect(play(config, 2 * MINUTE, { 0: P0, [MINUTE]: both }).lines).toEqual(['0 team new: a', '60 team worse: a'])
  })

  it('holds when the value gets better, or hardly worse', () => {
    const ratio = (value: number) => (context: ReturnType<typeof contextOf>) => context.set('a', value, 'ratio')
    const script = { 0: P0, 1000: ratio(0.5), [MINUTE]: ack, [2 * MINUTE]: ratio(0.4), [3 * MINUTE]: ratio(0.51) }
    expect(play(config, 5 * MINUTE, script).lines).toEqual(['0 team new: a', '60 team acknowledged: a'])
    expect(play(config, 5 * MINUTE, { ...script, [4 * MINUTE]: ratio(0.55) }).lines.at(-1)).toBe('240 team worse: a')
  })
})

describe('a receiver of which no channel is on', () => {
  const config = configOf({ group_by: ['...'], escalate: [{ after: '15m', receiver: 'leads' }] })
  const off = (context: ReturnType<typeof contextOf>) => {
    context.unreachable.add('team')
    context.fire('a', 'P0')
  }

  it('is notified of what still fires once one is on', () => {
    const script = { 0: off, [2 * MINUTE]: (context: ReturnType<typeof contextOf>) => context.unreachable.clear() }
    expect(play(config, 10 * MINUTE, script).lines).toEqual(['120 team new: a'])
  })

  it('misses what has ended by then', () => {
    const script = {
      0: off,
      [MINUTE]: (context: ReturnType<typeof contextOf>) => context.end('a'),
      [2 * MINUTE]: (context: ReturnType<typeof contextOf>) => context.unreachable.clear(),
    }
    expect(play(config, 10 * MINUTE, script).lines).toEqual([])
  })

  it('keeps nobody else from being notified when it is time', () => {
    expect(play(config, 20 * MINUTE, { 0: off }).lines).toEqual(['900 leads escalation: a'])
  })
})

describe('a storm', () => {
  const storm = (count: number, over: Record<string, unknown> = {}) => {
    const context = contextOf()
    for (let i = 0; i < count; i++) context.fire(`r${i}`, 'P1', { component: 'x' })
    const snapshot = { ...context, now: 30_000, firing: [...context.firing.values()], ended: [] }
    const config = configOf({ group_by: ['component'] }, over)
    const measured = () => {
      const started = performance.now()
      const first = dispatch(config, { ...snapshot, now: 0 }, new Map())
      const groups = new Map([...first.changed].flatMap(([key, { group }]) => (group ? [[key, group] as const] : [])))
      const second = dispatch(config, snapshot, groups)
      expect([...second.changed.values()].flatMap(step => step.notifications.map(one => one.alerts.length))).toEqual([count])
      return performance.now() - started
    }
    measured()
    return Math.min(measured(), measured(), measured())
  }

  it('of ten times the alerts costs no more than its share, also where each fits both sides of an inhibition', () => {
    const inhibit_rules = [{ source_matchers: ['severity=~"P.*"'], target_matchers: ['severity="P1"'], equal: ['component'] }]
    expect(storm(10_000, { inhibit_rules }) / storm(1_000, { inhibit_rules })).toBeLessThan(60)
  })

  it('of P0s that begin one after another shares notifications', () => {
    const script: Record<number, (context: ReturnType<typeof contextOf>) => void> = {}
    for (let second = 0; second < 60; second++) {
      script[second * SECOND] = context => {
        for (let i = 0; i < 10; i++) context.fire(`r${second}_${i}`, 'P0')
      }
    }
    const { sent } = play(configOf({ group_by: ['severity'] }), 2 * MINUTE, script)
    expect(sent.length).toBeLessThan(30)
    expect(new Set(sent.flatMap(one => one.notification.changed)).size).toBe(600)
    expect(sent.flatMap(one => one.notification.changed)).toHaveLength(600)
  })
})

describe('routes', () => {
  const config = configOf({
    group_by: ['alertname'],
    routes: [
      { receiver: 'leads', continue: true, group_wait: '1s' },
      { matchers: ['severity="P0"'], receiver: 'pager', routes: [{ matchers: ['component=~"a|b"'], repeat_interval: '1h' }] },
      { matchers: ['severity=~"P.*"'] },
    ],
  })

  it('inherit, go depth first, and end at the first match unless `continue` is set', () => {
    const to = (labels: Record<string, string>) => destinations(config.route, labels).map(one => one.receiver)
    expect(to({ severity: 'P0', component: 'a' })).toEqual(['leads', 'pager'])
    expect(to({ severity: 'P1' })).toEqual(['leads', 'team'])
    expect(to({ severity: 'none' })).toEqual(['leads'])
    const [, pager] = destinations(config.route, { severity: 'P0', component: 'b' })
    expect(pager).toMatchObject({ groupBy: ['alertname'], groupWait: 30_000, groupInterval: 300_000, repeatInterval: HOUR })
  })
})

describe('mute times', () => {
  const nights = routingFile.parse({
    receivers: { team: [] },
    route: { receiver: 'team' },
    time_intervals: [
      {
        name: 'nights',
        time_intervals: [
          { times: [{ start_time: '00:00', end_time: '08:00' }], weekdays: ['monday:friday'], location: 'America/New_York' },
        ],
      },
      { name: 'month ends', time_intervals: [{ days_of_month: ['-2:-1'], months: ['february'], years: ['2026:2027'] }] },
    ],
  }).timeIntervals

  it('hold in their zone, daylight saving included', () => {
    const within = (at: string) => inIntervals(nights.nights ?? [], Date.parse(at))
    // Friday March 6 is winter time, Monday March 9 summer time.
    expect(within('2026-03-06T12:59:00Z')).toBe(true)
    expect(within('2026-03-06T13:00:00Z')).toBe(false)
    expect(within('2026-03-09T11:59:00Z')).toBe(true)
    expect(within('2026-03-09T12:00:00Z')).toBe(false)
    expect(within('2026-03-08T10:00:00Z')).toBe(false)
  })

  it('count days from the end of a month', () => {
    const within = (at: string) => inIntervals(nights['month ends'] ?? [], Date.parse(at))
    expect(['2026-02-26', '2026-02-27', '2026-02-28', '2026-03-31', '2028-02-28'].map(day => within(`${day}T12:00:00Z`))).toEqual([
      false,
      true,
      true,
      false,
      false,
    ])
  })
})

describe('a fingerprint', () => {
  it('is the one that Prometheus computes', () => {
    expect(fingerprint({})).toBe('cbf29ce484222325')
    expect(fingerprint({ a: '1', b: '2' })).toBe(fingerprint({ b: '2', a: '1' }))
    expect(fingerprint({ ab: 'c' })).not.toBe(fingerprint({ a: 'bc' }))
  })
})
