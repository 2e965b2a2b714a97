import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, Outcome } from '@northstar/notifications'
import { createLease, type DueRun, type Logger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { toArticle } from './article.ts'
import { type Delivery, type SentReport, sentKey } from './documents.ts'
import type { Report } from './report.ts'
import type { ReportDefinition } from './reports-file.ts'

/** A report could not be sent to all of its channels, for a temporary reason. The scheduler tries again. */
export class ReportUndelivered extends Error {
  readonly code: 'channels_away' | 'report_busy'
  readonly retryable = true
  constructor(code: ReportUndelivered['code'], message: string) {
    super(message)
    this.name = 'ReportUndelivered'
    this.code = code
  }
}

export interface DueReport {
  readonly name: string
  readonly definition: ReportDefinition
  /** `YYYY-MM-DD`. */
  readonly date: string
  readonly due: DueRun
  /** Whether the report is sent again to channels that refused it or had no settings. */
  readonly retriesFailed?: boolean
}

export interface DeliveryDeps {
  readonly state: StateStore
  /** The channels whose secrets have values. */
  readonly channels: () => Promise<ReadonlyMap<string, Pick<Channel, 'post' | 'recipients'>>>
  /** Identifies this process among its replicas. */
  readonly holder: string
  /** Returns the stored report. The first call builds and stores it. */
  readonly prepare: (report: DueReport) => Promise<SentReport>
  readonly now: () => number
  readonly logger: Logger
}

/** How long a delivery waits for another process that is sending. */
const BUSY_MS = 20_000
const BUSY_POLL_MS = 200

/**
 * Returns a function that sends a report to each channel that does not have it yet. Only one process sends at a time, one report after the
 * other, so that simultaneous requests and the schedule send nothing twice.
 */
export function createDelivery({ state, channels, holder, prepare, now, logger }: DeliveryDeps) {
  const lease = createLease(state, 'reports', holder)
  let sending: Promise<unknown> = Promise.resolve()

  async function deliver(due: DueReport): Promise<SentReport> {
    const { name, definition, date, retriesFailed } = due
    let sent = await prepare(due)
    const open = await channels()
    const waiting: string[] = []
    for (const { key, channel, recipient } of addressesOf(definition.channels, open)) {
      const known = sent.deliveries[key]
      if (known && !(retriesFailed && known.outcome === 'failed')) continue
      const outcome = await post(open.get(channel), sent.report, idOf(name, date, key), recipient)
      if (outcome.kind === 'retry') {
        waiting.push(`${channel}: ${outcome.reason}`)
        continue
      }
      if (outcome.kind === 'failed') logger.error({ report: name, channel, reason: outcome.reason }, 'a report was refused')
      sent = { ...sent, deliveries: { ...sent.deliveries, [key]: deliveryOf(outcome, now()) } }
      await lease.put(sentKey(name, date), sent)
    }
    if (waiting.length > 0) throw new ReportUndelivered('channels_away', waiting.join('; '))
    return sent
  }

  async function deliverAlone(due: DueReport): Promise<SentReport> {
    for (let waited = 0; !(await lease.hold()); waited += BUSY_POLL_MS) {
      if (waited >= BUSY_MS) throw new ReportUndelivered('report_busy', 'another process is sending reports')
      await sleep(BUSY_POLL_MS)
    }
    return lease.keepDuring(() => deliver(due)).finally(lease.release)
  }

  return (due: DueReport): Promise<SentReport> => {
    const next = () => deliverAlone(due)
    const delivered = sending.then(next, next)
    sending = delivered
    return delivered
  }
}

const idOf = (...parts: readonly string[]) => createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

interface Address {
  /** The delivery's name: the channel, followed by the recipient if the channel has recipients. */
  readonly key: string
  readonly channel: string
  readonly recipient?: string
}

/** A channel with recipients has one delivery for each of them. */
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
  if (!channel.post) return Promise.resolve({ kind: 'failed', reason: 'the channel sends only alerts' })
  return channel.post(toArticle(report, id), recipient)
}

const deliveryOf = (outcome: Exclude<Outcome, { kind: 'retry' }>, at: number): Delivery =>
  outcome.kind === 'ok' ? { at, outcome: 'delivered' } : { at, outcome: 'failed', problem: outcome.reason }
