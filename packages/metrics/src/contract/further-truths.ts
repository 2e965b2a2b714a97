/** The expected values of the metrics of `metrics.yaml`, by simple code as in `brute-force.ts`. */
import type { PeriodSpan } from '@northstar/catalogue'
import type { Row } from '@northstar/events'
import {
  DAY,
  type Fold,
  firsts,
  HOUR,
  inside,
  issues,
  number,
  type OwnFold,
  of,
  only,
  quantile,
  type Rows,
  ratio,
  type TruthContext,
  timeToFix,
  users,
} from './folds.ts'

interface Step {
  readonly event: string
  readonly where?: (row: Row) => boolean
}
const STEPS: readonly Step[] = [
  { event: 'downloads' },
  { event: 'command_generated' },
  { event: 'command_generated' },
  { event: 'command_feedback', where: row => row.success === true },
]

const CARO: readonly [readonly Step[], number] = [STEPS.filter((_, i) => i !== 2), 7 * DAY]

/** The times at which each user who entered took the steps. */
function entries(
  rows: Rows,
  all: Rows,
  where: (row: Row) => boolean = () => true,
  [steps, within]: readonly [readonly Step[], number] = [STEPS, 72 * HOUR],
): readonly (readonly number[])[] {
  return [...firsts(of(rows, 'downloads').filter(where))].map(([user, start]) => {
    const own = all.filter(row => row.user_id === user)
    const times = [start]
    for (const [i, { event, where: meets = () => true }] of steps.entries()) {
      const [last] = times.slice(-1)
      if (i === 0 || times.length < i) continue
      const later = own.filter(row => row.event === event && meets(row) && row.timestamp <= start + within)
      const fitting = later.map(row => row.timestamp).filter(at => (steps[i - 1]?.event === event ? at > Number(last) : at >= Number(last)))
      if (fitting.length > 0) times.push(Math.min(...fitting))
    }
    return times
  })
}

const conversion =
  (step: number, where?: (row: Row) => boolean, funnel?: typeof CARO): Fold =>
  (rows, all) => {
    const entered = entries(rows, all, where, funnel)
    return ratio(entered.filter(times => times.length > step).length, entered.length)
  }
const dropOff =
  (step: number): Fold =>
  (rows, all) => {
    const before = entries(rows, all).filter(times => times.length >= step)
    return ratio(before.filter(times => times.length === step).length, before.length)
  }
const timeTo =
  (step: number): Fold =>
  (rows, all) => {
    const hours = entries(rows, all).flatMap(times => (times.length > step ? [(Number(times[step]) - Number(times[0])) / HOUR] : []))
    return { value: quantile(hours, 0.5), sample: hours.length }
  }

/** The rows of the last calendar days before the span ends, or before now. */
function lastDays(all: Rows, days: number, span: PeriodSpan, { calendar, now }: TruthContext): Rows {
  const to = Math.min(span.to, now)
  const first = new Date(Date.parse(calendar.date(to - 1)) - (days - 1) * DAY).toISOString().slice(0, 10)
  return inside(all, { from: calendar.startOf(first), to })
}
const rolling =
  (days: number, of_: (rows: Rows) => ReadonlySet<unknown>, where: (row: Row) => boolean = () => true): Fold =>
  (_, all, span, context) =>
    number(of_(of(lastDays(all, days, span, context), 'command_generated').filter(where)).size)

const lifecycle =
  (state: string, where: (row: Row) => boolean = () => true): Fold =>
  (rows, all, _, { before }) => {
    const commands = of(all, 'command_generated').filter(where)
    const first = firsts(commands)
    const then = users(inside(commands, before))
    const now = [...users(of(rows, 'command_generated').filter(where))]
    const stateOf = (user: string) => (Number(first.get(user)) >= before.to ? 'new' : then.has(user) ? 'returning' : 'resurrected')
    return { value: now.filter(user => stateOf(user) === state).length, sample: now.length }
  }

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
const durations = (rows: Rows) => of(rows, 'command_generation_latency').map(row => Number(row.duration_ms))
const extreme =
  (pick: (...values: readonly number[]) => number): OwnFold =>
  rows => {
    const values = durations(rows)
    return { value: values.length === 0 ? null : pick(...values), sample: values.length }
  }

/** The times at which the open issues, or those of a priority, were opened. */
function openedAt(all: Rows, until: number, priority?: string): readonly number[] {
  return issues(all, until).flatMap(({ events, priority: own }) => {
    let opened: number | null = null
    for (const { action, timestamp } of events) {
      if (action === 'opened') opened ??= timestamp
      if (action === 'closed') opened = null
    }
    return opened === null || (priority !== undefined && own !== priority) ? [] : [opened]
  })
}
const age =
  (statistic: (hours: readonly number[]) => number, priority?: string): Fold =>
  (_, all, span, { now }) => {
    const end = Math.min(span.to, now)
    const hours = openedAt(all, end, priority).map(at => (end - at) / HOUR)
    return { value: hours.length === 0 ? null : statistic(hours), sample: hours.length }
  }

const fixed =
  (priority?: string | null): Fold =>
  (_, all, span) => {
    const closings = issues(all, span.to).flatMap(({ events }) => {
      let isOpen = false
      let known: unknown = null
      return events.filter(event => {
        known = event.priority ?? known
        const closes = isOpen && event.action === 'closed'
        if (event.action !== 'labeled') isOpen = event.action === 'opened'
        return closes && event.timestamp >= span.from && (priority === undefined || known === priority)
      })
    })
    return number(closings.length)
  }

const versions: OwnFold = rows => {
  const known = of(rows, 'crash').flatMap(row => row.version ?? [])
  return { value: new Set(known).size, sample: known.length }
}

/** The stacks of `random-events.ts` differ in their step alone. */
const newStacks =
  (where: (row: Row) => boolean = () => true): Fold =>
  (_, all, span) => {
    const first = new Map<unknown, number>()
    for (const row of of(all, 'crash').filter(where)) {
      const step = /step\d/.exec(String(row.stack_trace))?.[0]
      first.set(step, Math.min(first.get(step) ?? Number.POSITIVE_INFINITY, row.timestamp))
    }
    return number([...first.values()].filter(at => at >= span.from && at < span.to).length)
  }

const isMac = (row: Row) => row.platform === 'macos'
const lacksPlatform = (row: Row) => row.platform === undefined

export const FURTHER_TRUTHS: Readonly<Record<string, Readonly<Record<string, Fold>>>> = {
  onboarding: {
    'funnel_step=download': conversion(0),
    'funnel_step=command': conversion(1),
    'funnel_step=second command': conversion(2),
    'funnel_step=good feedback': conversion(3),
    'platform=macos&funnel_step=command': conversion(1, isMac),
    'platform=null&funnel_step=second command': conversion(2, lacksPlatform),
  },
  onboarding_funnel: {
    'funnel_step=download': conversion(0, undefined, CARO),
    'funnel_step=first command': conversion(1, undefined, CARO),
    'funnel_step=good feedback': conversion(2, undefined, CARO),
  },
  onboarding_loss: { 'funnel_step=command': dropOff(1), 'funnel_step=good feedback': dropOff(3) },
  onboarding_time: { 'funnel_step=command': timeTo(1), 'funnel_step=good feedback': timeTo(3) },
  active_28_days: {
    '': rolling(28, users),
    'platform=linux': rolling(28, users, row => row.platform === 'linux'),
    'platform=null': rolling(28, users, lacksPlatform),
  },
  sessions_7_days: { '': rolling(7, rows => new Set(rows.map(row => row.session_id).filter(id => id !== ''))) },
  stickiness: {
    '': (_, all, span, context) => {
      const commands = of(lastDays(all, 28, span, context), 'command_generated').filter(row => row.user_id !== '')
      const days = new Set(commands.map(row => `${row.user_id} ${context.calendar.date(row.timestamp)}`))
      const { size } = users(commands)
      return { value: size === 0 ? null : days.size / size / 28, sample: size }
    },
  },
  user_lifecycle: {
    'lifecycle=new': lifecycle('new'),
    'lifecycle=returning': lifecycle('returning'),
    'lifecycle=resurrected': lifecycle('resurrected'),
    'platform=macos&lifecycle=new': lifecycle('new', isMac),
    'platform=null&lifecycle=resurrected': lifecycle('resurrected', lacksPlatform),
  },
  time_per_byte: {
    '': rows => {
      const duration = sum(durations(rows.filter(row => row.query_complexity !== 'complex')))
      const memory = of(rows, 'memory_usage').map(row => Number(row.memory_kb))
      return { value: memory.length === 0 ? null : duration / sum(memory), sample: memory.length }
    },
  },
  waited: { '': rows => ({ value: sum(durations(rows)), sample: durations(rows).length }) },
  mean_rating: {
    '': rows => {
      const ratings = of(rows, 'satisfaction_survey').map(row => Number(row.rating))
      return ratio(sum(ratings), ratings.length)
    },
  },
  fastest: { '': extreme(Math.min), 'query_complexity=medium': only(extreme(Math.min), row => row.query_complexity === 'medium') },
  slowest: { '': extreme(Math.max), 'query_complexity=medium': only(extreme(Math.max), row => row.query_complexity === 'medium') },
  new_crashes: { '': newStacks(), 'platform=macos': newStacks(isMac) },
  versions: { '': versions, 'platform=macos': only(versions, isMac) },
  known_platforms: {
    '': rows => {
      const commands = of(rows, 'command_generated')
      return ratio(commands.filter(row => row.platform !== undefined).length, commands.length)
    },
  },
  unknown_platforms: { '': rows => number(of(rows, 'command_generated').filter(lacksPlatform).length) },
  time_to_fix_p90: { '': timeToFix(hours => quantile(hours, 0.9)) },
  bug_age: { '': age(hours => sum(hours) / hours.length), 'priority=P1': age(hours => sum(hours) / hours.length, 'P1') },
  oldest_bug: { '': age(hours => Math.max(...hours)) },
  bugs_fixed: { '': fixed(), 'priority=P1': fixed('P1'), 'priority=null': fixed(null) },
}
