import { isPlainName, type Outcome, type Rejection, totalRejected } from '@northstar/events'
import { KEY_ACTIVITY_DAYS, KEY_EVENTS, type KeyActivity, type KeyEvent, keyActivityDocument, type Logger } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'

const WRITE_MS = 1_000
const DAY_MS = 86_400_000
/** How many events of a body are remembered, so that remembering costs a large one nothing. */
const SHOWN_OF_BODY = 20

/** The first events of a body, each with why it was refused. */
export interface Observed {
  /** @param outcome of an event that was taken in spite of the rejection */
  add(event: unknown, rejection: Rejection | null, outcome?: KeptOutcome): void
}

/** What became of an event that violates the plan and was not refused. */
export type KeptOutcome = 'quarantined' | 'flagged'

/** What each key was used for, gathered and written once a second. */
export interface KeyActivities {
  observe(): Observed & { readonly events: readonly KeyEvent[] }
  record(id: string, outcome: Outcome, events: readonly KeyEvent[]): void
  start(): void
  /** Writes what is left. */
  stop(): Promise<void>
}

interface Gathered {
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
  let gathered = new Map<string, Gathered>()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  async function write(id: string, news: Gathered): Promise<void> {
    const found = await state.get<KeyActivity>(keyActivityDocument(id))
    const date = new Date(news.lastUsedAt).toISOString().slice(0, 10)
    const oldest = new Date(news.lastUsedAt - KEY_ACTIVITY_DAYS * DAY_MS).toISOString().slice(0, 10)
    const days = Object.fromEntries(Object.entries(found?.value.days ?? {}).filter(([day]) => day > oldest))
    const { accepted = 0, rejected = 0 } = days[date] ?? {}
    const activity: KeyActivity = {
      lastUsedAt: Math.max(news.lastUsedAt, found?.value.lastUsedAt ?? 0),
      days: { ...days, [date]: { accepted: accepted + news.accepted, rejected: rejected + news.rejected } },
      events: [...news.events, ...(found?.value.events ?? [])].toSorted((a, b) => b.at - a.at).slice(0, KEY_EVENTS),
    }
    await state.put(keyActivityDocument(id), activity, { ifVersion: found?.version ?? 0 })
  }

  /** Another process that was first, or a store that is away: what was gathered is added to what comes. */
  async function writeAll(): Promise<void> {
    const news = gathered
    gathered = new Map()
    for (const [id, one] of news) {
      try {
        await write(id, one)
      } catch (error) {
        if (!(error instanceof StateConflict)) logger.warn({ err: error }, 'cannot store what a write key was used for: will try again')
        add(id, one)
      }
    }
  }

  function add(id: string, news: Gathered): void {
    const one = gathered.get(id)
    if (one === undefined) gathered.set(id, { ...news })
    else {
      one.lastUsedAt = Math.max(one.lastUsedAt, news.lastUsedAt)
      one.accepted += news.accepted
      one.rejected += news.rejected
      one.events = [...news.events, ...one.events].slice(0, KEY_EVENTS)
    }
  }

  function writeNext(): Promise<void> {
    writing = writing.then(writeAll)
    return writing
  }

  return {
    observe: () => observe(now(), declares),
    record: (id, outcome, events) =>
      add(id, { lastUsedAt: now(), accepted: outcome.accepted, rejected: totalRejected(outcome), events: events.toReversed() }),
    start() {
      timer = setInterval(() => void writeNext(), WRITE_MS).unref()
    },
    async stop() {
      clearInterval(timer)
      await writeNext()
    },
  }
}

function observe(at: number, declares: (event: string) => boolean) {
  const events: KeyEvent[] = []
  return {
    events,
    add(event: unknown, rejection: Rejection | null, outcome?: KeptOutcome) {
      if (events.length >= SHOWN_OF_BODY) return
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

/** A name that the plan does not have was chosen by the sender: it is shown only if it looks like a name and like nothing personal. */
function shownName(name: unknown, declares: (event: string) => boolean): string | null {
  if (typeof name !== 'string') return null
  return declares(name) || isPlainName(name) ? name : null
}

function shownRefusal({ code, field, message }: Rejection, declares: (event: string) => boolean): NonNullable<KeyEvent['refused']> {
  if (code !== 'unknown_event' && code !== 'unknown_property') return { code, field, message }
  // Only these messages and fields quote what was sent.
  const quoted = /"(?:[^"\\]|\\.)*"/.exec(message)?.[0] ?? '""'
  const isPlain = declares(quoted.slice(1, -1)) || isPlainName(quoted.slice(1, -1))
  if (isPlain) return { code, field, message }
  return { code, field: code === 'unknown_event' ? field : null, message: message.replace(quoted, 'of this name') }
}
