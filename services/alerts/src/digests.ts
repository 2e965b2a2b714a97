import { type Alert, type Digest, digestNotification, isForDigest, lastDigestAt, type Notification, toAlert } from '@northstar/alerting'
import type { Calendar } from '@northstar/catalogue'
import type { Notifying } from '@northstar/notifications'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import type { HistoryRow } from './documents.ts'
import type { ReadHistory } from './history.ts'

export interface DigestsDeps {
  readonly catalogue: AlertingCatalogue
  readonly notifying: Notifying
  readonly calendar: Pick<Calendar, 'date' | 'startOf' | 'timezone'>
  readonly history: ReadHistory
  readonly now: () => number
  readonly onFailure: (error: unknown) => void
  /** A digest is ready to be queued. */
  readonly onReady: () => void
}

/** A digest that is due; without a notification where nothing happened. */
export interface DueDigest {
  readonly digest: Digest
  readonly at: number
  readonly notification: Notification | null
}

export interface Digests {
  /** Takes over up to when each digest has been sent, by receiver. Returns those that are new here: they begin now. */
  load(sentUntil: ReadonlyMap<string, number>): ReadonlyMap<string, number>
  /** Starts to read what a due digest lists, where any is due; does not wait for it. */
  look(firing: () => readonly Alert[]): void
  /** The digests to queue now. */
  take(): readonly DueDigest[]
}

const LOOK_EVERY_MS = 30_000
const ROWS_MOST = 10_000

/** The weekly digests: what was routed to a digest's receiver since the last one, from the history, and what still fires. */
export function createDigests(deps: DigestsDeps): Digests {
  const { catalogue, notifying, calendar, now } = deps
  const rules = new Map(catalogue.rules.map(rule => [rule.name, rule]))
  const sentUntil = new Map<string, number>()
  let ready: DueDigest[] = []
  let lookedAt = Number.NEGATIVE_INFINITY
  let looking = false

  function alertOf(row: HistoryRow): Alert | null {
    const rule = rules.get(row.rule)
    if (!rule) return null
    const { fingerprint, labels, value, threshold, starts_at: startsAt, ends_at: endsAt } = row
    const figures = { value, threshold, sample: 0, noData: false, clearedAt: null, member: null }
    const member = { ...figures, fingerprint, labels, phase: 'resolved' as const, activeAt: startsAt, firedAt: startsAt, endsAt }
    const alert = toAlert({ ...rule, action: '' }, member, catalogue.metrics.get(rule.metric)?.unit)
    // The history has no samples, which descriptions show.
    return { ...alert, annotations: { ...alert.annotations, description: '' } }
  }

  async function make(digest: Digest, from: number, at: number, firing: readonly Alert[]): Promise<DueDigest> {
    // Oldest first: an end replaces the beginning of the same episode.
    const rows = (await deps.history({ limit: ROWS_MOST, from, to: at })).toReversed()
    const past = rows.map(alertOf).filter(alert => alert !== null)
    const alerts = [...past, ...firing.filter(alert => alert.startsAt < at)].filter(alert => isForDigest(digest, notifying, alert.labels))
    return { digest, at, notification: digestNotification(digest, at, alerts) }
  }

  async function lookNow(firing: readonly Alert[]): Promise<void> {
    for (const digest of notifying.digests) {
      const from = sentUntil.get(digest.receiver)
      const at = lastDigestAt(digest, calendar, now())
      if (from === undefined || at <= from) continue
      const due = await make(digest, from, at, firing)
      sentUntil.set(digest.receiver, at)
      ready.push(due)
    }
    if (ready.length > 0) deps.onReady()
  }

  return {
    load(stored) {
      sentUntil.clear()
      ready = []
      const begun = new Map<string, number>()
      for (const { receiver } of notifying.digests) {
        const at = stored.get(receiver)
        if (at === undefined) begun.set(receiver, now())
        sentUntil.set(receiver, at ?? now())
      }
      lookedAt = Number.NEGATIVE_INFINITY
      return begun
    },
    look(firing) {
      if (looking || notifying.digests.length === 0 || now() - lookedAt < LOOK_EVERY_MS) return
      looking = true
      lookedAt = now()
      lookNow(firing())
        .catch(deps.onFailure)
        .finally(() => {
          looking = false
        })
    },
    take: () => ready.splice(0),
  }
}
