import { type Digest, digestNotification, isForDigest, type Notification } from '@northstar/alerting'
import { DAY_MS, lastDue, nextDue } from '@northstar/catalogue'
import type { ScheduledJob } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { type DigestDocument, digestKey, NO_NOTIFYING } from './documents.ts'
import { alertOfRow, readFiringAlerts } from './firing.ts'
import type { ReadHistory } from './history.ts'

export interface DigestJobsDeps {
  readonly catalogue: AlertingCatalogue
  readonly timezone: string
  readonly history: ReadHistory
  readonly state: StateStore
}

const USEFUL_MS = 7 * DAY_MS
const MAX_ROWS = 10_000

/**
 * The digests as scheduled jobs. A digest lists the alerts that were routed to its receiver since the last one, and those that still fire.
 * A run stores the notification; the leader creates its messages, so that each is sent once like any other.
 */
export function createDigestJobs(deps: DigestJobsDeps): readonly ScheduledJob[] {
  const { catalogue, timezone, state } = deps
  const notifying = catalogue.notifying ?? NO_NOTIFYING

  async function build(digest: Digest, from: number, at: number): Promise<Notification | null> {
    // Oldest first, so that an end replaces the beginning of the same episode.
    const rows = (await deps.history({ limit: MAX_ROWS, from, to: at })).toReversed()
    const past = rows.map(row => alertOfRow(row, catalogue)).filter(alert => alert !== null)
    const firing = (await readFiringAlerts(state, catalogue)).filter(alert => alert.startsAt < at)
    return digestNotification(
      digest,
      at,
      [...past, ...firing].filter(alert => isForDigest(digest, notifying, alert.labels)),
    )
  }

  async function run(digest: Digest, dueAt: number): Promise<void> {
    const key = digestKey(digest.receiver)
    const stored = await state.get<DigestDocument>(key)
    if (stored && stored.value.until >= dueAt) return
    const from = stored?.value.until ?? lastDue(digest.schedule, dueAt - 1, timezone)
    const document: DigestDocument = { receiver: digest.receiver, until: dueAt, notification: await build(digest, from, dueAt) }
    await state.put(key, document, { ifVersion: stored?.version ?? 0 })
  }

  return notifying.digests.map(digest => ({
    name: `digests/${digest.receiver}`,
    lastDue: at => lastDue(digest.schedule, at, timezone),
    nextDue: after => nextDue(digest.schedule, after, timezone),
    usefulMs: USEFUL_MS,
    run: ({ dueAt }) => run(digest, dueAt),
  }))
}
