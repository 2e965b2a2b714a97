/** The expected values of the product's metrics: computed from the events by simple code that follows a metric's description, not its SQL. */
import type { PeriodSpan } from '@northstar/catalogue'
import type { Row } from '@northstar/events'
import {
  DAY,
  type Fold,
  firsts,
  inside,
  issues,
  number,
  type OwnFold,
  of,
  only,
  ordered,
  quantile,
  type Rows,
  ratio,
  sessions,
  type Truth,
  type TruthContext,
  timeToFix,
  users,
} from './folds.ts'
import { FURTHER_TRUTHS } from './further-truths.ts'

const percentile =
  (event: string, property: string, q: number): OwnFold =>
  rows => {
    const values = of(rows, event).map(e => Number(e[property]))
    return { value: quantile(values, q), sample: values.length }
  }

const last =
  (event: string, where: (e: Row) => boolean = () => true): Fold =>
  (rows, all, span) => {
    const known = ordered(of(all, event).filter(where)).filter(e => e.timestamp < span.to)
    const value = known.at(-1)?.value
    return { value: value === undefined ? null : Number(value), sample: of(rows, event).filter(where).length }
  }

const mean = (hours: readonly number[]) => (hours.length === 0 ? null : hours.reduce((a, b) => a + b, 0) / hours.length)

const bugsOpen =
  (priority?: string | null): Fold =>
  (_, all, span) => {
    const known = issues(all, span.to).filter(
      i => i.events.some(e => e.action === 'opened') && (priority === undefined || (i.priority ?? null) === priority),
    )
    const open = known.filter(i => i.events.filter(e => e.action !== 'labeled').at(-1)?.action === 'opened')
    return { value: open.length, sample: known.length }
  }

const commands: OwnFold = rows => number(of(rows, 'command_generated').length)
const downloads: OwnFold = rows => number(of(rows, 'downloads').length)
const actions =
  (action: string): OwnFold =>
  rows =>
    number(of(rows, 'github_issue').filter(e => e.action === action).length)
const collectorRuns: OwnFold = rows => number(of(rows, 'collector_run').length)
const registryDownloads: OwnFold = rows => {
  const counted = of(rows, 'package_downloads').map(e => Number(e.count))
  return { value: counted.reduce((sum, count) => sum + count, 0), sample: counted.length }
}
const activeUsers: OwnFold = rows => number(users(of(rows, 'command_generated')).size)
const errors =
  (type?: string): Fold =>
  rows =>
    ratio(
      of(rows, 'command_generation_error').filter(e => e.error_type !== 'safety_blocked' && (type === undefined || e.error_type === type))
        .length,
      of(rows, 'command_generated').length,
    )
const crashes: OwnFold = rows => ratio(sessions(of(rows, 'crash')).size, sessions(rows).size)
const success: OwnFold = rows =>
  ratio(of(rows, 'command_feedback').filter(e => e.success === true).length, of(rows, 'command_feedback').length)
const segment =
  (low: number, high: number, where: (e: Row) => boolean = () => true): Fold =>
  rows => {
    const commandsOf = of(rows, 'command_generated').filter(where)
    const counts = [...users(commandsOf)].map(u => commandsOf.filter(e => e.user_id === u).length)
    return ratio(counts.filter(n => n >= low && n <= high).length, counts.length)
  }
const adoption =
  (feature?: string): Fold =>
  rows =>
    ratio(
      users(of(rows, 'feature_used').filter(e => feature === undefined || e.feature === feature)).size,
      users(of(rows, 'command_generated')).size,
    )

/** Of Caro's metrics: metric → `property=member` ('' for the whole) → its fold. */
export const TRUTHS: Readonly<Record<string, Readonly<Record<string, Fold>>>> = {
  downloads: {
    '': downloads,
    'channel=website': only(downloads, e => e.channel === 'website'),
    'channel=null': only(downloads, e => e.channel === undefined),
    'platform=macos': only(downloads, e => e.platform === 'macos'),
  },
  active_weekly_users: { '': activeUsers, 'platform=linux': only(activeUsers, e => e.platform === 'linux') },
  activation_rate: {
    '': (_, all, span) => {
      const command = firsts(of(all, 'command_generated'))
      const installed = [...firsts(of(all, 'downloads'))].filter(([, at]) => at >= span.from && at < span.to)
      return ratio(installed.filter(([user, at]) => (command.get(user) ?? Number.POSITIVE_INFINITY) <= at + DAY).length, installed.length)
    },
  },
  commands: {
    '': commands,
    'category=devops': only(commands, e => e.category === 'devops'),
    'platform=windows': only(commands, e => e.platform === 'windows'),
  },
  success_rate: { '': success, 'category=files': only(success, e => e.category === 'files') },
  error_rate: { '': errors(), 'error_type=timeout': errors('timeout'), 'error_type=llm_error': errors('llm_error') },
  crash_rate: {
    '': crashes,
    'platform=macos': only(crashes, e => e.platform === 'macos'),
    'version=1.0.0': only(crashes, e => e.version === '1.0.0'),
  },
  crash_rate_by_users: { '': rows => ratio(of(rows, 'crash').length, users(of(rows, 'command_generated')).size) },
  bugs_open: { '': bugsOpen(), 'priority=null': bugsOpen(null), 'priority=P0': bugsOpen('P0'), 'priority=P2': bugsOpen('P2') },
  bugs_opened: { '': actions('opened'), 'priority=P1': only(actions('opened'), e => e.priority === 'P1') },
  bugs_closed: { '': actions('closed'), 'priority=null': only(actions('closed'), e => e.priority === undefined) },
  time_to_fix: { '': timeToFix(mean), 'priority=P1': timeToFix(mean, 'P1') },
  time_to_fix_median: { '': timeToFix(hours => quantile(hours, 0.5)), 'priority=P3': timeToFix(hours => quantile(hours, 0.5), 'P3') },
  test_coverage: {
    '': last('test_coverage', e => e.category === 'overall'),
    'category=core': last('test_coverage', e => e.category === 'core'),
  },
  binary_size: { '': last('binary_size') },
  collector_runs: { '': collectorRuns, 'collector=github': only(collectorRuns, e => e.collector === 'github') },
  package_downloads: { '': registryDownloads, 'source=npm': only(registryDownloads, e => e.source === 'npm') },
  github_stars: { '': last('github_stars') },
  discord_members: { '': last('discord_members') },
  github_contributors: { '': last('github_contributors') },
  commands_per_user: { '': rows => ratio(of(rows, 'command_generated').length, users(of(rows, 'command_generated')).size) },
  user_segments: {
    'segment=casual': segment(1, 5),
    'segment=regular': segment(6, 20),
    'segment=power': segment(21, Number.POSITIVE_INFINITY),
  },
  csat: {
    '': rows => ratio(of(rows, 'satisfaction_survey').filter(e => Number(e.rating) >= 4).length, of(rows, 'satisfaction_survey').length),
  },
  feature_adoption: { '': adoption(), 'feature=shell_integration': adoption('shell_integration') },
  churn_rate: {
    '': (rows, all, _, { before }) => {
      const now = users(of(rows, 'command_generated'))
      const then = [...users(of(inside(all, before), 'command_generated'))]
      return ratio(then.filter(u => !now.has(u)).length, then.length)
    },
  },
  response_time_p50: {
    '': percentile('command_generation_latency', 'duration_ms', 0.5),
    'query_complexity=medium': only(percentile('command_generation_latency', 'duration_ms', 0.5), e => e.query_complexity === 'medium'),
  },
  response_time_p95: {
    '': percentile('command_generation_latency', 'duration_ms', 0.95),
    'query_complexity=simple': only(percentile('command_generation_latency', 'duration_ms', 0.95), e => e.query_complexity === 'simple'),
  },
  response_time_p99: {
    '': percentile('command_generation_latency', 'duration_ms', 0.99),
    'query_complexity=complex': only(percentile('command_generation_latency', 'duration_ms', 0.99), e => e.query_complexity === 'complex'),
  },
  memory_p50: { '': percentile('memory_usage', 'memory_kb', 0.5) },
  memory_p95: { '': percentile('memory_usage', 'memory_kb', 0.95) },
  memory_p99: { '': percentile('memory_usage', 'memory_kb', 0.99) },
}

/** {@link TRUTHS}, and those of the contract's own metrics and breakdowns. */
export const ALL_TRUTHS: typeof TRUTHS = {
  ...TRUTHS,
  ...FURTHER_TRUTHS,
  user_segments: {
    ...TRUTHS.user_segments,
    'platform=macos&segment=casual': segment(1, 5, e => e.platform === 'macos'),
    'platform=null&segment=casual': segment(1, 5, e => e.platform === undefined),
  },
}

/** A metric's truths by part. */
export function truthsOf(metric: string, all: Rows, span: PeriodSpan, context: TruthContext): Readonly<Record<string, Truth>> {
  const rows = inside(all, span)
  return Object.fromEntries(Object.entries(ALL_TRUTHS[metric] ?? {}).map(([part, fold]) => [part, fold(rows, all, span, context)]))
}

export function truthOf(metric: string, part: string, all: Rows, span: PeriodSpan, context: TruthContext): Truth {
  const fold = TRUTHS[metric]?.[part]
  if (!fold) throw new RangeError(`no truth for ${metric} ${part}`)
  return fold(inside(all, span), all, span, context)
}

/** Cohorts by the spans: size and how many were active in each span. */
export function cohortTruth(
  all: Rows,
  spans: readonly PeriodSpan[],
): readonly { cohort: number; offset: number; value: number | null; sample: number }[] {
  const commandsOf = of(all, 'command_generated')
  const first = firsts(commandsOf)
  return spans.flatMap((span, i) => {
    const members = [...first].filter(([, at]) => at >= span.from && at < span.to).map(([user]) => user)
    return spans.slice(i).map((later, offset) => {
      const active = users(inside(commandsOf, later))
      return { cohort: span.from, offset, ...ratio(members.filter(u => active.has(u)).length, members.length) }
    })
  })
}
