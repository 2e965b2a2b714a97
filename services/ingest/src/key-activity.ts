import { DAY_MS } from '@northstar/catalogue'
import { isPlainName, type Outcome, type Rejection, totalRejected } from '@northstar/events'
import { KEY_ACTIVITY_DAYS, KEY_EVENTS, type KeyActivity, type KeyEvent, keyActivityDocument, type Logger } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'
import { createPeriodicWrite, type PeriodicWrite } from './periodic-write.ts'

const WRITE_MS = 1_000
/** Number of events kept of a body. */
const MAX_OBSERVED = 20

/** The first events of a body, each with its rejection. */
export interface Observed {
  /** @param outcome of an event that was kept despite the rejection */
  add(event: unknown, rejection: Rejection | null, outcome?: KeptOutcome): void
}

/** The outcome of an event that violates the plan and was not rejected. */
export type KeptOutcome = 'quarantined' | 'flagged'

/** The activity of each key, written once a second. */
export interface KeyActivities extends PeriodicWrite {
  observe(): Observed & { readonly events: readonly KeyEvent[] }
  record(id: string, outcome: Outcome, events: readonly KeyEvent[]): void
}

interface Pending {
  lastUsedAt: number
  accepted: number
  rejected: number
  events: readonly KeyEvent[]
}

export function createKeyActivities(deps: {
  readonly state: StateStore
  readonly declares: (event: string) => boolean
  readonly now: () => number
  readonly logger: Logger
}): KeyActivities {
  const { state, declares, now, logger } = deps
  let pending = new Map<string, Pending>()

  async function write(id: string, added: Pending): Promise<void> {
    const found = await state.get<KeyActivity>(keyActivityDocument(id))
    const date = new Date(added.lastUsedAt).toISOString().slice(0, 10)
    const oldest = new Date(added.lastUsedAt - KEY_ACTIVITY_DAYS * DAY_MS).toISOString().slice(0, 10)
    const days = Object.fromEntries(Object.entries(found?.value.days ?? {}).filter(([day]) => day > oldest))
    const { accepted = 0, rejected = 0 } = days[date] ?? {}
    const activity: KeyActivity = {
      lastUsedAt: Math.max(added.lastUsedAt, found?.value.lastUsedAt ?? 0),
      days: { ...days, [date]: { accepted: accepted + added.accepted, rejected: rejected + added.rejected } },
      events: [...added.events, ...(found?.value.events ?? [])].toSorted((a, b) => b.at - a.at).slice(0, KEY_EVENTS),
    }
    await state.put(keyActivityDocument(id), activity, { ifVersion: found?.version ?? 0 })
  }

  /** After a conflict or while the store is unavailable, the activity is kept for the next write. */
  async function writeAll(): Promise<void> {
    const batch = pending
    pending = new Map()
    for (const [id, one] of batch) {
      try {
        await write(id, one)
      } catch (error) {
        if (!(error instanceof StateConflict)) logger.warn({ err: error }, 'cannot store the activity of a write key; will retry')
        add(id, one)
      }
    }
  }

  function add(id: string, added: Pending): void {
    const one = pending.get(id)
    if (one === undefined) pending.set(id, { ...added })
    else {
      one.lastUsedAt = Math.max(one.lastUsedAt, added.lastUsedAt)
      one.accepted += added.accepted
      one.rejected += added.rejected
      one.events = [...added.events, ...one.events].slice(0, KEY_EVENTS)
    }
  }

  return {
    observe: () => observe(now(), declares),
    record: (id, outcome, events) =>
      add(id, { lastUsedAt: now(), accepted: outcome.accepted, rejected: totalRejected(outcome), events: events.toReversed() }),
    ...createPeriodicWrite(WRITE_MS, writeAll),
  }
}

function observe(at: number, declares: (event: string) => boolean) {
  const events: KeyEvent[] = []
  return {
    events,
    add(event: unknown, rejection: Rejection | null, outcome?: KeptOutcome) {
      if (events.length >= MAX_OBSERVED) return
      const { event: name, event_type: type } = (typeof event === 'object' && event !== null ? event : {}) as Record<string, unknown>
      events.push({
        at,
        event: shownName(name ?? type, declares),
        ...(rejection !== null && { refused: shownRefusal(rejection, declares) }),
        ...(outcome !== undefined && { outcome }),
      })
    },
  }
}

/** An undeclared name was chosen by the sender, so it is shown only if it does not look personal. */
function shownName(name: unknown, declares: (event: string) => boolean): string | null {
  if (typeof name !== 'string') return null
  return declares(name) || isPlainName(name) ? name : null
}

function shownRefusal({ code, field, message }: Rejection, declares: (event: string) => boolean): NonNullable<KeyEvent['refused']> {
  if (code !== 'unknown_event' && code !== 'unknown_property') return { code, field, message }
  // Only these messages and fields quote received text.
  const quoted = /"(?:[^"\\]|\\.)*"/.exec(message)?.[0] ?? '""'
  const isPlain = declares(quoted.slice(1, -1)) || isPlainName(quoted.slice(1, -1))
  if (isPlain) return { code, field, message }
  return { code, field: code === 'unknown_event' ? field : null, message: message.replace(quoted, 'of this name') }
}
