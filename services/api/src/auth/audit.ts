import { DAY_MS, iso } from '@northstar/catalogue'
import type { Logger } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'

/** One change, or one attempt to sign in. */
export interface AuditEntry {
  /** RFC 3339. */
  readonly at: string
  /** The caller's name. An identity provider may have chosen it. */
  readonly who: string
  /** The caller's subject, which callers cannot choose. */
  readonly subject?: string
  readonly role: string | null
  /** `token`, `key`, `session`, or the method of the sign-in. */
  readonly via: string
  /** `METHOD /route` of a change, or a word such as `sign_in`. */
  readonly what: string
  /** The object of the change: parameters of the route and fields of the body. */
  readonly to?: Readonly<Record<string, unknown>>
  readonly status?: number
  readonly from?: string
}

export interface Audit {
  /** Resolves once the entry is stored. Never rejects, since the change was already made. */
  record(entry: Omit<AuditEntry, 'at'>): Promise<void>
  /** Newest first. */
  list(options: { readonly limit: number; readonly before?: string }): Promise<readonly AuditEntry[]>
}

const DAYS = 'access/audit/'
const KEPT_MS = 400 * DAY_MS
/** Maximum number of failures that are kept for each day, so that a flood of them does not fill the store. */
const MAX_FAILURES_A_DAY = 2_000
/** Maximum length of `to`, characters of JSON. */
const MAX_OBJECT_LENGTH = 2_000

interface Day {
  readonly entries: readonly AuditEntry[]
  readonly dropped: number
}

/** The audit log has one document for each day (UTC), so that old days can be deleted. */
export function createAudit(deps: { readonly state: StateStore; readonly now: () => number; readonly logger: Logger }): Audit {
  const { state, now, logger } = deps
  let last: Promise<void> = Promise.resolve()

  async function append(entry: AuditEntry): Promise<void> {
    const key = DAYS + entry.at.slice(0, 10)
    for (;;) {
      const found = await state.get<Day>(key)
      const { entries, dropped } = found?.value ?? { entries: [], dropped: 0 }
      const isFailure = ({ status = 200 }: AuditEntry) => status >= 400
      const full = isFailure(entry) && entries.filter(isFailure).length >= MAX_FAILURES_A_DAY
      const day: Day = full ? { entries, dropped: dropped + 1 } : { entries: [...entries, entry], dropped }
      try {
        await state.put(key, day, { ifVersion: found?.version ?? 0 })
      } catch (error) {
        if (error instanceof StateConflict) continue
        throw error
      }
      if (!found) await prune()
      return
    }
  }

  async function prune(): Promise<void> {
    const oldest = DAYS + new Date(now() - KEPT_MS).toISOString().slice(0, 10)
    for (const { key } of await state.list(DAYS)) if (key < oldest) await state.delete(key)
  }

  return {
    record(entry) {
      const text = JSON.stringify(entry.to ?? {})
      const to = text.length > MAX_OBJECT_LENGTH ? { shortened: text.slice(0, MAX_OBJECT_LENGTH) } : entry.to
      const dated = { at: iso(now()), ...entry, to }
      last = last.then(() => append(dated)).catch(error => logger.error({ err: error, entry: dated }, 'cannot store an audit entry'))
      return last
    },
    async list({ limit, before }) {
      const found: AuditEntry[] = []
      for (const { value } of (await state.list<Day>(DAYS)).toReversed()) {
        for (const entry of value.entries.toReversed()) {
          if (before !== undefined && entry.at >= before) continue
          found.push(entry)
          if (found.length >= limit) return found
        }
      }
      return found
    },
  }
}
