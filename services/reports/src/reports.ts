import { createHash } from 'node:crypto'
import { type Calendar, lastDue, nextDue } from '@northstar/catalogue'
import type { Channel, Outcome } from '@northstar/notifications'
import type { DueRun, Logger, ScheduledJob } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'
import { toArticle } from './article.ts'
import { type BuildDeps, buildReport } from './build.ts'
import { correctionsOf } from './corrections.ts'
import { type Delivery, listSent, readNotes, readSent, type SentReport, sentKey } from './documents.ts'
import type { Report } from './report.ts'
import type { Reports as Definitions, ReportDefinition } from './reports-file.ts'

export type { BuildDeps, ReportedAlert } from './build.ts'
export { listSent, type Notes, readNotes, type SentReport, writeNotes } from './documents.ts'
export { createNotesReader } from './notes-file.ts'
export { toMarkdown } from './render/markdown.ts'
export type { Report } from './report.ts'
export { type MetricLine, type ReportDefinition, type Reports, reportsSchema, reportsSection } from './reports-file.ts'
export { createReportRoutes, type ReportRoutesDeps } from './routes.ts'

export interface ReportsDeps extends Omit<BuildDeps, 'notes'> {
  readonly definitions: Definitions
  readonly calendar: Calendar
  readonly state: StateStore
  /** Lists from the product folder, by heading. The page's come before them. */
  readonly fileNotes: (report: string, date: string) => Readonly<Record<string, readonly string[]>>
  /** The channels whose secrets have values. */
  readonly channels: () => Promise<ReadonlyMap<string, Pick<Channel, 'post' | 'recipients'>>>
  readonly now: () => number
  readonly logger: Logger
}

export interface ReportSender {
  readonly jobs: readonly ScheduledJob[]
  /** The report of a day: as it was sent, else as it would be sent now. Null for an unknown name. */
  of(name: string, date: string): Promise<{ readonly report: Report; readonly sent: SentReport | null } | null>
  /** The channels of the report that cannot send: their settings have no value. */
  off(name: string): Promise<ReadonlySet<string>>
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

  /** Of a past day the due time, otherwise now. */
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
    const channels = await deps.channels()
    const waiting: string[] = []
    for (const address of addressesOf(definition.channels, channels)) {
      if (sent.deliveries[address.key]) continue
      const outcome = await post(channels.get(address.channel), sent.report, idOf(name, date, address.key), address.recipient)
      if (outcome.kind === 'retry') {
        waiting.push(`${address.channel}: ${outcome.reason}`)
        continue
      }
      if (outcome.kind === 'failed')
        logger.error({ report: name, channel: address.channel, reason: outcome.reason }, 'a report was refused')
      sent = { ...sent, deliveries: { ...sent.deliveries, [address.key]: deliveryOf(outcome, now()) } }
      await state.put(sentKey(name, date), sent)
    }
    if (waiting.length > 0) throw new ReportUndelivered(waiting.join('; '))
    return sent
  }

  const jobs = [...definitions].map(
    ([name, definition]): ScheduledJob => ({
      name: `reports/${name}`,
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
      const sent = (await readSent(state, name, date))?.value ?? null
      return definition ? { sent, report: sent?.report ?? (await compose(name, definition, date, 0)) } : null
    },
    off: async name => channelsOff(definitions.get(name), await deps.channels()),
    async send(name, date) {
      const definition = definitions.get(name)
      return definition ? deliver(name, definition, date, { dueAt: now(), lateMs: 0 }) : null
    },
  }
}

const channelsOff = (definition: ReportDefinition | undefined, on: ReadonlyMap<string, unknown>): ReadonlySet<string> =>
  new Set(definition?.channels.filter(channel => !on.has(channel)))

const idOf = (...parts: readonly string[]) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

interface Address {
  /** Names the delivery: the channel, and its recipient where it has several. */
  readonly key: string
  readonly channel: string
  readonly recipient?: string
}

/** Each recipient of a channel is delivered to by itself. */
function addressesOf(names: readonly string[], channels: ReadonlyMap<string, Pick<Channel, 'recipients'>>): readonly Address[] {
  return names.flatMap((channel): Address[] => {
    const recipients = channels.get(channel)?.recipients ?? []
    return recipients.length === 0
      ? [{ key: channel, channel }]
      : recipients.map(recipient => ({ key: `${channel} ${recipient}`, channel, recipient }))
  })
}

function post(channel: Pick<Channel, 'post'> | undefined, report: Report, id: string, recipient: string | undefined): Promise<Outcome> {
  if (!channel) return Promise.resolve({ kind: 'failed', reason: 'the channel is off: its settings have no value' })
  if (!channel.post) return Promise.resolve({ kind: 'failed', reason: 'the channel sends alerts alone' })
  return channel.post(toArticle(report, id), recipient)
}

const deliveryOf = (outcome: Exclude<Outcome, { kind: 'retry' }>, at: number): Delivery =>
  outcome.kind === 'ok' ? { at, outcome: 'delivered' } : { at, outcome: 'failed', problem: outcome.reason }
