import { type Calendar, iso, nearest } from '@northstar/catalogue'
import type { CollectorStatus, Collectors } from '@northstar/collectors'
import { api, type ListedReport, type ReportAnswer } from '@northstar/http-api'
import type { Notifying } from '@northstar/notifications'
import { type FastifyPluginAsync, HttpProblem, handle, type JobState, requestRun } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { ReportUndelivered } from './delivery.ts'
import { listSent, readNotes, type SentReport, writeNotes } from './documents.ts'
import { toMarkdown } from './render/markdown.ts'
import type { Report } from './report.ts'
import type { ReportSender } from './report-sender.ts'
import type { ReportDefinition, Reports } from './reports-file.ts'

export interface ReportRoutesDeps {
  readonly definitions: Reports
  readonly calendar: Calendar
  readonly state: StateStore
  readonly reports: Pick<ReportSender, 'of' | 'off' | 'send' | 'jobs'>
  readonly jobs: () => Promise<readonly JobState[]>
  readonly collectors: () => Promise<readonly CollectorStatus[]>
  readonly collectorsOff: Collectors['off']
  /** The channels whose settings have no value, by name. */
  readonly channelsOff: Notifying['off']
  readonly now: () => number
}

/** Reports, their notes, the schedule and the collectors. Answers come from the stores, so any process can serve them. */
export function createReportRoutes(deps: ReportRoutesDeps): FastifyPluginAsync {
  const { definitions, calendar, state, reports, jobs, collectors, now } = deps
  const listedView = createListedView(deps)
  const today = () => calendar.date(now())

  const unknownReport = (name: string) => unknownName('report', name, [...definitions.keys()])
  const assertKnown = (name: string) => {
    if (!definitions.has(name)) throw unknownReport(name)
  }

  return async fastify => {
    handle(fastify, api.reports.list, async () => ({
      reports: await Promise.all([...definitions].map(([name, definition], index) => listedView(name, definition, index))),
    }))

    handle(fastify, api.reports.get, async ({ params: { name }, query: { at = today() } }) => {
      const found = await reports.of(name, at)
      if (!found) throw unknownReport(name)
      return view(found.report, found.sent)
    })

    handle(fastify, api.reports.send, async ({ params: { name }, body: { at = today() } }) => {
      const sent = await reports.send(name, at).catch(asProblem)
      if (!sent) throw unknownReport(name)
      return view(sent.report, sent)
    })

    handle(fastify, api.reports.notes, async ({ params: { name, date } }) => {
      assertKnown(name)
      return { notes: mutable(await readNotes(state, name, date)) }
    })

    handle(fastify, api.reports.writeNotes, async ({ params: { name, date }, body: { notes } }) => {
      assertKnown(name)
      await writeNotes(state, name, date, notes)
      return { notes: mutable(notes) }
    })

    handle(fastify, api.reports.schedule, async () => ({ jobs: (await jobs()).map(jobView) }))

    handle(fastify, api.reports.runJob, async ({ params: { name } }, reply) => {
      const known = await jobs()
      const job = known.find(one => one.name === name)
      if (!job) {
        throw unknownName(
          'job',
          name,
          known.map(one => one.name),
        )
      }
      await requestRun(state, job, now())
      reply.code(202)
      return { job: name }
    })

    handle(fastify, api.reports.collectors, async () => ({
      collectors: (await collectors()).map(collectorView),
      off: [...deps.collectorsOff].map(([name, { type, missing }]) => ({ name, type, missing: [...missing] })),
    }))
  }
}

function unknownName(kind: 'report' | 'job', name: string, valid: string[]): HttpProblem {
  const near = nearest(name, valid)
  const hint = near === undefined ? `; there are ${valid.join(', ') || 'none'}.` : `; did you mean "${near}"?`
  const detail = `There is no ${kind} "${name.slice(0, 100)}"${hint}`
  return new HttpProblem({
    status: 404,
    code: `unknown_${kind}`,
    field: 'name',
    detail,
    valid,
    ...(near !== undefined && { nearest: near }),
  })
}

/** Returns a function that builds a report's entry in the list of reports; `index` is that of its job. */
function createListedView({ calendar, state, reports, now, channelsOff }: ReportRoutesDeps) {
  return async (name: string, { title, audience, channels, sections }: ReportDefinition, index: number): Promise<ListedReport> => {
    const nextAt = reports.jobs[index]?.nextDue(now()) ?? now()
    const [off, sent] = await Promise.all([reports.off(name), listSent(state, name)])
    return {
      name,
      title,
      audience: audience ?? null,
      channels: channels.map(channel => ({
        name: channel,
        state: off.has(channel) ? ('off' as const) : ('on' as const),
        missing: [...(channelsOff[channel]?.missing ?? [])],
      })),
      next_at: iso(nextAt),
      next_date: calendar.date(nextAt),
      notes: sections.flatMap(section =>
        section.lines.flatMap(line => ('notes' in line ? [{ heading: line.notes, title: section.title ?? null }] : [])),
      ),
      sent: sent.map(({ report }) => report.date),
    }
  }
}

function asProblem(error: unknown): never {
  if (!(error instanceof ReportUndelivered)) throw error
  const detail = `${error.message}. Send it again: channels that have the report are left out.`
  throw new HttpProblem({ status: 503, code: error.code, detail }, { 'retry-after': '10' }, { cause: error })
}

const mutable = (notes: Readonly<Record<string, readonly string[]>>) =>
  Object.fromEntries(Object.entries(notes).map(([heading, lines]) => [heading, [...lines]]))

function view(report: Report, sent: SentReport | null): ReportAnswer {
  const deliveries = Object.entries(sent?.deliveries ?? {}).map(([key, delivery]) => [key, { ...delivery, at: iso(delivery.at) }] as const)
  return {
    name: report.name,
    date: report.date,
    markdown: toMarkdown(report),
    sent: sent && { due_at: iso(sent.dueAt), built_at: iso(sent.builtAt), deliveries: Object.fromEntries(deliveries) },
  }
}

const jobView = ({ name, nextAt, last, failing, continuing, skipped }: JobState) => ({
  name,
  next_at: iso(nextAt),
  last: last ? { due_at: iso(last.dueAt), finished_at: iso(last.finishedAt), late_seconds: Math.round(last.lateMs / 1_000) } : null,
  failing: failing
    ? { due_at: iso(failing.dueAt), attempts: failing.attempts, next_at: iso(failing.nextAt), problem: failing.problem }
    : null,
  waiting: continuing?.reason === undefined ? null : { next_at: iso(continuing.nextAt), reason: continuing.reason },
  skipped,
})

const collectorView = ({ name, type, events, nextAt, freshAt, waitUntil, failing, unknown, tooOld }: CollectorStatus) => ({
  name,
  type,
  events: [...events],
  next_at: iso(nextAt),
  fresh_at: freshAt === null ? null : iso(freshAt),
  wait_until: waitUntil === null ? null : iso(waitUntil),
  failing: failing && { since: iso(failing.since), problem: failing.reason },
  unknown,
  too_old: tooOld,
})
