import { createHash } from 'node:crypto'
import { type Calendar, lastDue, nextDue } from '@northstar/catalogue'
import type { DueRun, Logger, ScheduledJob } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'
import { type BuildDeps, buildReport } from './build.ts'
import { correctionsOf } from './corrections.ts'
import { type Delivery, listSent, readNotes, readSent, type SentReport, sentKey } from './documents.ts'
import type { Report } from './report.ts'
import type { Reports as Definitions, ReportDefinition } from './reports-file.ts'

export type { BuildDeps, ReportedAlert } from './build.ts'
export { readNotes, writeNotes } from './documents.ts'
export { toMarkdown } from './render/markdown.ts'
export type { Report } from './report.ts'
export { type MetricLine, type ReportDefinition, type Reports, reportsSchema, reportsSection } from './reports-file.ts'

/** How a try to send ended, as channels answer. */
export type SendOutcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }

export interface ReportsDeps extends Omit<BuildDeps, 'notes'> {
  readonly definitions: Definitions
  readonly calendar: Calendar
  readonly state: StateStore
  /** Lists from the product folder, by heading. The page's come before them. */
  readonly fileNotes: (report: string, date: string) => Readonly<Record<string, readonly string[]>>
  /** Sends to a channel. The id is the same for each try, so that a receiver can tell a repeat. */
  readonly send: (channel: string, report: Report, id: string) => Promise<SendOutcome>
  readonly now: () => number
  readonly logger: Logger
}

export interface ReportSender {
  readonly jobs: readonly ScheduledJob[]
  /** The report of a day: as it was sent, else as it would be sent now. Null for an unknown name. */
  of(name: string, date: string): Promise<{ readonly report: Report; readonly sent: SentReport | null } | null>
  /** Builds and sends the report of a day now; what was delivered already is not sent again. */
  send(name: string, date: string): Promise<SentReport | null>
}

/** A run failed for a reason that may pass; the scheduler tries again. */
class ReportUndelivered extends Error {
  readonly code = 'report_undelivered'
  readonly retryable = true
}

const DAY_MS = 86_400_000

/** Builds reports from the catalogue and sends each once for each due time. */
export function createReports(deps: ReportsDeps): ReportSender {
  const { definitions, calendar, state, now, logger } = deps
  const build: BuildDeps = {
    ...deps,
    async notes(name, date) {
      const [file, page] = [deps.fileNotes(name, date), await readNotes(state, name, date)]
      const headings = new Set([...Object.keys(file), ...Object.keys(page)])
      return Object.fromEntries([...headings].map(heading => [heading, [...(page[heading] ?? []), ...(file[heading] ?? [])]]))
    },
  }

  async function compose(name: string, definition: ReportDefinition, date: string, lateMs: number): Promise<Report> {
    const report = await buildReport({ name, definition, date, lateMs }, build)
    const before = (await listSent(state, name)).findLast(sent => sent.report.date < date)
    if (!before) return report
    const rebuilt = await buildReport({ name, definition, date: before.report.date }, build)
    const corrections = correctionsOf(before.report, rebuilt, definition.correct_above)
    return corrections ? { ...report, sections: [...report.sections, corrections] } : report
  }

  /** Stores the content before anything is sent: every try and every channel sends the same. */
  async function prepare(name: string, definition: ReportDefinition, date: string, due: DueRun): Promise<SentReport> {
    const found = await readSent(state, name, date)
    if (found) return found.value
    const report = await compose(name, definition, date, due.lateMs)
    const sent: SentReport = { report, dueAt: due.dueAt, builtAt: now(), deliveries: {} }
    try {
      await state.put(sentKey(name, date), sent, { ifVersion: 0 })
      return sent
    } catch (error) {
      const other = error instanceof StateConflict ? await readSent(state, name, date) : null
      if (other) return other.value
      throw error
    }
  }

  async function deliver(name: string, definition: ReportDefinition, date: string, due: DueRun): Promise<SentReport> {
    let sent = await prepare(name, definition, date, due)
    const waiting: string[] = []
    for (const channel of definition.channels) {
      if (sent.deliveries[channel]) continue
      const outcome = await deps.send(channel, sent.report, idOf(name, date, channel))
      if (outcome.kind === 'retry') {
        waiting.push(`${channel}: ${outcome.reason}`)
        continue
      }
      const delivery: Delivery =
        outcome.kind === 'ok' ? { at: now(), outcome: 'delivered' } : { at: now(), outcome: 'failed', problem: outcome.reason }
      if (outcome.kind === 'failed') logger.error({ report: name, channel, reason: outcome.reason }, 'a report was refused by its channel')
      sent = { ...sent, deliveries: { ...sent.deliveries, [channel]: delivery } }
      await state.put(sentKey(name, date), sent)
    }
    if (waiting.length > 0) throw new ReportUndelivered(waiting.join('; '))
    return sent
  }

  const jobs = [...definitions].map(
    ([name, definition]): ScheduledJob => ({
      name: `report ${name}`,
      lastDue: at => lastDue(definition.schedule, at, calendar.timezone),
      nextDue: after => nextDue(definition.schedule, after, calendar.timezone),
      usefulMs: definition.useful_for * DAY_MS,
      run: async due => void (await deliver(name, definition, calendar.date(due.dueAt), due)),
    }),
  )

  return {
    jobs,
    async of(name, date) {
      const definition = definitions.get(name)
      if (!definition) return null
      const sent = (await readSent(state, name, date))?.value ?? null
      return { sent, report: sent?.report ?? (await compose(name, definition, date, 0)) }
    },
    async send(name, date) {
      const definition = definitions.get(name)
      return definition ? deliver(name, definition, date, { dueAt: now(), lateMs: 0 }) : null
    },
  }
}

const idOf = (...parts: readonly string[]) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
