import { createCalendar } from '@northstar/catalogue'
import type { Metric, MetricAnswer, SeriesPoint } from '@northstar/metrics'
import { type Article, articleText, type Outcome } from '@northstar/notifications'
import { createLogger } from '@northstar/runtime'
import { openEmbeddedState } from '@northstar/state/embedded'
import { tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listSent } from './documents.ts'
import { createReports, type ReportDefinition, type ReportsDeps, reportsSchema, toMarkdown } from './reports.ts'

const ZONE = 'America/New_York'
const calendar = createCalendar({ timezone: ZONE, launch: '2026-01-15' })
const UNITS: Record<string, MetricAnswer['unit']> = { error_rate: 'ratio', retention: 'ratio' }

/** Values by metric and date on which the period begins; of a breakdown by `metric/date/member`. */
let values: Map<string, number | null>
let targets: Map<string, NonNullable<SeriesPoint['target']>>
let alerts: Awaited<ReturnType<ReportsDeps['alerts']>>
/** The instants whose alerts were read. */
let askedAt: number[]
let outcomes: Outcome[]
let sent: { channel: string; text: string; id: string }[]
let state: ReturnType<typeof openEmbeddedState>
let folder: Awaited<ReturnType<typeof tempFolder>>
let now: number

const read: ReportsDeps['read'] = ({ metric, from, to, period, by }) => {
  const date = calendar.date(from)
  const point = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), complete: true, sample: 1, previous: null }
  const target = targets.get(metric)
  const members = [...values].filter(([key]) => key.startsWith(`${metric}/${date}/`))
  const points =
    by === undefined
      ? [{ ...point, value: values.get(`${metric}/${date}`) ?? null, ...(target && { target }) }]
      : members.map(([key, value]) => ({ ...point, value, by: { [by]: key.split('/')[2] ?? null } }))
  return Promise.resolve({ metric, unit: UNITS[metric] ?? 'count', timezone: ZONE, period, source: 'warehouse', points })
}

const definitionsOf = (reports: Record<string, unknown>) =>
  new Map<string, ReportDefinition>(Object.entries(reportsSchema.parse({ reports }).reports))

const DAILY = {
  title: 'Daily Report',
  schedule: { at: '09:00' },
  period: 'day',
  channels: ['slack'],
  sections: [
    {
      lines: [
        { metric: 'active_weekly_users', title: 'Active Weekly Users', period: 'week', running: true },
        { metric: 'downloads', title: 'Downloads (yesterday)' },
      ],
    },
    { title: 'Bugs', lines: [{ metric: 'bugs', title: 'Open', by: 'priority', zeros: true }] },
    { title: 'Health', lines: [{ metric: 'error_rate', title: 'Error rate' }] },
    { title: 'Issues', lines: [{ alerts: ['P0', 'P1'] }] },
    { title: 'Wins', lines: [{ notes: 'wins' }] },
    { title: 'Action Items', lines: [{ notes: 'action_items', empty: 'None' }] },
  ],
}

function open(over: Record<string, unknown> = {}, notes: ReportsDeps['fileNotes'] = () => ({}), more: Partial<ReportsDeps> = {}) {
  return createReports({
    definitions: definitionsOf({ daily: { ...DAILY, ...over } }),
    metrics: new Map(),
    titles: { properties: {}, values: { priority: { P0: 'Critical' } } },
    calendar,
    read,
    alerts: at => {
      askedAt.push(at)
      return Promise.resolve(alerts)
    },
    state,
    fileNotes: notes,
    channels: () => Promise.resolve(new Map(['slack', 'email'].map(name => [name, channelOf(name)]))),
    holder: 'one',
    now: () => now,
    logger: createLogger('silent', 'test'),
    ...more,
  })
}

const channelOf = (channel: string) => ({
  recipients: [],
  post(article: Article) {
    sent.push({ channel, text: articleText(article), id: article.id })
    return Promise.resolve(outcomes.shift() ?? ({ kind: 'ok' } as const))
  },
})

const dueAt = Date.parse('2026-01-20T14:00:00Z')
const runDaily = (reports: ReturnType<typeof createReports>, at = dueAt, lateMs = 0) => reports.jobs[0]?.run({ dueAt: at, lateMs })

beforeEach(async () => {
  folder = await tempFolder('reports')
  now = dueAt
  state = openEmbeddedState({ path: folder.path }, { now: () => now })
  ;[alerts, askedAt, outcomes, sent] = [[], [], [], []]
  targets = new Map([
    ['active_weekly_users', { value: 150, direction: 'at_least', status: 'behind', distance: -0.2 }],
    ['downloads', { value: 50, direction: 'at_least', status: 'ahead', distance: 0.04 }],
    ['error_rate', { value: 0.05, direction: 'at_most', status: 'ahead', distance: 0.018 }],
  ])
  values = new Map<string, number | null>([
    ['active_weekly_users/2026-01-15', 120],
    ['downloads/2026-01-19', 52],
    ['bugs/2026-01-19', 12],
    ['bugs/2026-01-19/P0', 0],
    ['bugs/2026-01-19/P1', 2],
    ['bugs/2026-01-19/P2', 10],
    ['error_rate/2026-01-19', 0.032],
  ])
})
afterEach(async () => {
  await state.close()
  await folder.remove()
})

it('writes the guide’s daily report: yesterday’s figures with target and verdict, and a running week without one', async () => {
  alerts = [{ title: 'Slow network', severity: 'P1', summary: 'Timeouts on slow networks', acknowledgedBy: 'ana' }]
  const built = await open().of('daily', '2026-01-20')
  expect(built && toMarkdown(built.report)).toBe(`📊 Daily Report: Jan 20, 2026

**Active Weekly Users**: 120 (5 of 7 days, target: 150)
**Downloads (yesterday)**: 52 (target: 50) ✅

**Bugs**:
- Open: 12 (Critical: 0, P1: 2, P2: 10)

**Health**:
- Error rate: 3.2% (target: <5%) ✅

**Issues**:
- ⚠️ [P1] Slow network: Timeouts on slow networks (acknowledged by ana)

**Action Items**:
- None
`)
})

it('a running period that has reached its target already is said to have', async () => {
  values.set('active_weekly_users/2026-01-15', 160)
  targets.set('active_weekly_users', { value: 150, direction: 'at_least', status: 'ahead', distance: 0.07 })
  const built = await open().of('daily', '2026-01-20')
  expect(built && toMarkdown(built.report)).toContain('**Active Weekly Users**: 160 (5 of 7 days, target: 150) ✅')
})

it('notes are read from the file and the page, and are left out if there are none', async () => {
  const { writeNotes } = await import('./documents.ts')
  await writeNotes(state, 'daily', '2026-01-20', { wins: ['The page is fast'] })
  const built = await open({}, () => ({ wins: ['250 users'], action_items: ['Fix #128'] })).of('daily', '2026-01-20')
  const text = built ? toMarkdown(built.report) : ''
  expect(text).toContain('**Wins**:\n- The page is fast\n- 250 users\n')
  expect(text).toContain('**Action Items**:\n- Fix #128\n')
  expect(text).not.toContain('Issues')
})

it('sends to each channel once; a channel that was away gets the same content under the same id', async () => {
  const reports = open({ channels: ['slack', 'email'] })
  outcomes = [{ kind: 'ok' }, { kind: 'retry', reason: 'answered 503' }]
  await expect(runDaily(reports)).rejects.toMatchObject({ code: 'channels_away' })
  values.set('downloads/2026-01-19', 99)
  await runDaily(reports)
  await runDaily(reports)
  expect(sent.map(({ channel }) => channel)).toEqual(['slack', 'email', 'email'])
  expect(sent[1]?.id).toBe(sent[2]?.id)
  expect(sent[1]?.text).toBe(sent[2]?.text)
  expect((await listSent(state, 'daily'))[0]?.deliveries).toMatchObject({
    slack: { outcome: 'delivered' },
    email: { outcome: 'delivered' },
  })
})

it('two people and the schedule send it at once, in two processes: one message', async () => {
  const [one, two] = [open(), open({}, undefined, { holder: 'two' })]
  const people = [one, one, two].map(reports => reports.send('daily', '2026-01-20'))
  const [found] = await Promise.all([Promise.all(people), runDaily(two)])
  expect(sent).toHaveLength(1)
  for (const report of found) expect(report?.deliveries).toMatchObject({ slack: { outcome: 'delivered' } })
})

it('a channel that refuses is named as failed, and the others are sent to', async () => {
  outcomes = [{ kind: 'failed', reason: 'answered 404' }]
  await runDaily(open({ channels: ['slack', 'email'] }))
  expect((await listSent(state, 'daily'))[0]?.deliveries).toMatchObject({
    slack: { outcome: 'failed', problem: 'answered 404' },
    email: { outcome: 'delivered' },
  })
})

it('a channel that refused it, or had no settings, gets it when a person sends it again; a repeated run leaves it alone', async () => {
  const reports = open({ channels: ['slack', 'email'] })
  outcomes = [{ kind: 'failed', reason: 'answered 404' }]
  await runDaily(reports)
  await runDaily(reports)
  expect(sent.map(({ channel }) => channel)).toEqual(['slack', 'email'])
  const again = await reports.send('daily', '2026-01-20')
  expect(sent.map(({ channel }) => channel)).toEqual(['slack', 'email', 'slack'])
  expect(sent[2]?.id).toBe(sent[0]?.id)
  expect(again?.deliveries).toMatchObject({ slack: { outcome: 'delivered' }, email: { outcome: 'delivered' } })
})

it('the next report corrects a sent figure that late events moved, with both values', async () => {
  const reports = open()
  await runDaily(reports)
  values.set('downloads/2026-01-19', 57).set('error_rate/2026-01-19', 0.0321)
  await runDaily(reports, dueAt + 86_400_000)
  expect(sent[1]?.text).toContain('CORRECTIONS TO JAN 20, 2026\nDownloads (yesterday): 57, reported as 52')
  expect(sent[1]?.text).not.toContain('Error rate: 3.21%, reported')
})

it('alerts are those that fire now, in the report of an earlier day those that fired when it was due', async () => {
  const reports = open()
  const weekly = open({ schedule: { at: '16:00', weekdays: ['friday'] } })
  await reports.of('daily', '2026-01-20')
  now = dueAt + 5 * 3_600_000
  await reports.of('daily', '2026-01-20')
  await reports.of('daily', '2026-01-22')
  await reports.of('daily', '2026-01-18')
  // No report is due on that day, since its period ended with the day before.
  await weekly.of('daily', '2026-01-18')
  expect(askedAt.map(at => new Date(at).toISOString())).toEqual([
    '2026-01-20T14:00:00.000Z',
    '2026-01-20T19:00:00.000Z',
    '2026-01-20T19:00:00.000Z',
    '2026-01-18T14:00:00.000Z',
    '2026-01-18T05:00:00.000Z',
  ])
})

it('a late report is marked as late, and a name from a sender is not interpreted as markup', async () => {
  values = new Map([
    ['bugs/2026-01-19/[x](http://y)', 3],
    ['bugs/2026-01-19', 3],
  ])
  await runDaily(open(), dueAt, 5 * 3_600_000)
  const built = await open().of('daily', '2026-01-20')
  const text = built ? toMarkdown(built.report) : ''
  expect(text).toContain('📊 Daily Report: Jan 20, 2026 (5 hours late)')
  expect(text).toContain('(\\[x\\](http:: 3)')
})

it('a channel without settings, or only for alerts, fails with a reason and does not delay the others', async () => {
  await runDaily(open({ channels: ['pager', 'slack'] }))
  expect((await listSent(state, 'daily'))[0]?.deliveries).toMatchObject({ pager: { outcome: 'failed' }, slack: { outcome: 'delivered' } })
})

it('a value with a target has as many decimals as its verdict needs', async () => {
  values.set('error_rate/2026-01-19', 0.0500004)
  targets.set('error_rate', { value: 0.05, direction: 'at_most', status: 'behind', distance: -0.0000004 })
  const built = await open().of('daily', '2026-01-20')
  expect(built && toMarkdown(built.report)).toContain('- Error rate: 5.00004% (target: <5%) ⚠️')
})

it('a figure that its collector has not fetched is unknown, with the day and the reason', async () => {
  values.set('downloads/2026-01-19', 31)
  const metric = { name: 'downloads', title: 'Downloads', unit: 'count' } as Metric
  const unknown: NonNullable<ReportsDeps['unknown']> = async (_, at) =>
    at > dueAt - 86_400_000
      ? { since: Date.parse('2026-01-18T15:00:00Z'), reason: 'collector github failed: api.github.com refused access (401)' }
      : null
  let isKnown = false
  const reports = open({}, undefined, {
    metrics: new Map([['downloads', metric]]),
    unknown: async (asked, at) => (isKnown ? null : unknown(asked, at)),
  })
  const found = await reports.of('daily', '2026-01-20')
  expect(found && toMarkdown(found.report)).toContain(
    '**Downloads (yesterday)**: unknown since Jan 18, 2026, because collector github failed: api.github.com refused access (401)',
  )
  await runDaily(reports)
  isKnown = true
  await runDaily(reports, dueAt + 86_400_000)
  expect(sent[1]?.text).toContain('CORRECTIONS TO JAN 20, 2026\nDownloads (yesterday): 31, reported as unknown')
})
