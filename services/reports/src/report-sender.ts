import { type Calendar, DAY_MS, lastDue, nextDue } from '@northstar/catalogue'
import type { ScheduledJob } from '@northstar/runtime'
import { putIfAbsent } from '@northstar/state'
import { type BuildDeps, buildReport } from './build.ts'
import { correctionsOf } from './corrections.ts'
import { createDelivery, type DeliveryDeps, type DueReport } from './delivery.ts'
import { listSent, readNotes, readSent, type SentReport, sentKey } from './documents.ts'
import type { Report } from './report.ts'
import type { Reports as Definitions, ReportDefinition } from './reports-file.ts'

export interface ReportsDeps extends Omit<BuildDeps, 'notes'>, Omit<DeliveryDeps, 'prepare'> {
  readonly definitions: Definitions
  readonly calendar: Calendar
  /** Lists from the product folder, by heading. Lists from the page come before them. */
  readonly fileNotes: (report: string, date: string) => Readonly<Record<string, readonly string[]>>
}

export interface ReportSender {
  readonly jobs: readonly ScheduledJob[]
  /** The report of a day: the sent one, otherwise the one that would be sent now. Null for an unknown name. */
  of(name: string, date: string): Promise<{ readonly report: Report; readonly sent: SentReport | null } | null>
  /** The channels of the report that are off because their settings have no value. */
  off(name: string): Promise<ReadonlySet<string>>
  /** Builds and sends the report of a day now, except to channels that already have it. Null for an unknown name. */
  send(name: string, date: string): Promise<SentReport | null>
}

/** Builds reports from the catalogue and sends each once for each due time. */
export function createReports(deps: ReportsDeps): ReportSender {
  const { definitions, calendar, state, now } = deps
  const build: BuildDeps = {
    ...deps,
    async notes(name, date) {
      const [file, page] = [deps.fileNotes(name, date), await readNotes(state, name, date)]
      const headings = new Set([...Object.keys(file), ...Object.keys(page)])
      return Object.fromEntries([...headings].map(heading => [heading, [...(page[heading] ?? []), ...(file[heading] ?? [])]]))
    },
  }

  /** The instant of the alerts: for a past day its due time, otherwise now. */
  function instantOf({ schedule }: ReportDefinition, date: string): number {
    if (date >= calendar.date(now())) return now()
    const due = nextDue(schedule, calendar.startOf(date) - 1, calendar.timezone)
    return calendar.date(due) === date ? due : calendar.startOf(date)
  }

  async function compose(name: string, definition: ReportDefinition, date: string, lateMs: number): Promise<Report> {
    const report = await buildReport({ name, definition, date, at: instantOf(definition, date), lateMs }, build)
    const before = (await listSent(state, name)).findLast(sent => sent.report.date < date)
    if (!before) return report
    const rebuilt = await buildReport({ name, definition, date: before.report.date, at: before.builtAt }, build)
    const corrections = correctionsOf(before.report, rebuilt, definition.correct_above)
    return corrections ? { ...report, sections: [...report.sections, corrections] } : report
  }

  /** Stores the content before anything is sent, so that all channels and attempts send the same content. */
  async function prepare({ name, definition, date, due }: DueReport): Promise<SentReport> {
    const found = await readSent(state, name, date)
    if (found) return found.value
    const report = await compose(name, definition, date, due.lateMs)
    return putIfAbsent<SentReport>(state, sentKey(name, date), { report, dueAt: due.dueAt, builtAt: now(), deliveries: {} })
  }

  const deliver = createDelivery({ ...deps, prepare })

  const jobs = [...definitions].map(
    ([name, definition]): ScheduledJob => ({
      name: `reports/${name}`,
      lastDue: at => lastDue(definition.schedule, at, calendar.timezone),
      nextDue: after => nextDue(definition.schedule, after, calendar.timezone),
      usefulMs: definition.useful_for * DAY_MS,
      run: async due => void (await deliver({ name, definition, date: calendar.date(due.dueAt), due })),
    }),
  )

  return {
    jobs,
    async of(name, date) {
      const definition = definitions.get(name)
      const sent = (await readSent(state, name, date))?.value ?? null
      return definition ? { sent, report: sent?.report ?? (await compose(name, definition, date, 0)) } : null
    },
    off: async name => channelsOff(definitions.get(name), await deps.channels()),
    async send(name, date) {
      const definition = definitions.get(name)
      return definition ? deliver({ name, definition, date, due: { dueAt: now(), lateMs: 0 }, retriesFailed: true }) : null
    },
  }
}

const channelsOff = (definition: ReportDefinition | undefined, on: ReadonlyMap<string, unknown>): ReadonlySet<string> =>
  new Set(definition?.channels.filter(channel => !on.has(channel)))
