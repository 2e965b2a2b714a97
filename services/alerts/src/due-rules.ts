import type { RuleEntry } from './rule-entry.ts'
import { dueAt } from './schedule.ts'

export interface DueRules {
  /** Called when counters of these aggregates changed; null: any may have. */
  moved(codes: ReadonlySet<string> | null): void
  /** The rules to evaluate now. */
  take(): readonly RuleEntry[]
  /** Called when an evaluation of the rule ended, which changes its due time. */
  evaluated(entry: RuleEntry): void
  /** Every rule is checked in the next {@link take}. */
  reset(): void
  /** When the next rule is due without counter changes, epoch ms. */
  readonly nextAt: number
}

/** The codes of the live aggregates that a metric reads; null when any event may change it. */
export type LiveCodes = (metric: string) => ReadonlySet<string> | null

/** Maximum time between two checks of all rules, in case the clock was set back. */
const SCAN_MS = 10_000
/** The code of metrics that any event may change. */
const ANY = ''

/** Finds the due rules without checking all of them at every event. */
export function createDueRules(
  entries: readonly RuleEntry[],
  { liveCodes, now }: { readonly liveCodes?: LiveCodes; readonly now: () => number },
): DueRules {
  const readers = readersByCode(entries, liveCodes)
  let scannedAt = Number.NEGATIVE_INFINITY
  let nextAt = Number.NEGATIVE_INFINITY

  function isDue(entry: RuleEntry, at: number): boolean {
    // The clock was set back.
    if (entry.watch && at < entry.watch.startedAt) return true
    const due = dueAt(entry.rule, entry.watch, entry.movedAt)
    if (due > at) nextAt = Math.min(nextAt, due)
    return due <= at
  }

  function move(entry: RuleEntry, at: number): void {
    if (entry.movedAt === at) return
    entry.movedAt = at
    if (!entry.reading) nextAt = Math.min(nextAt, dueAt(entry.rule, entry.watch, at))
  }

  return {
    moved(codes) {
      const at = now()
      if (codes === null) for (const entry of entries) move(entry, at)
      else for (const code of [...codes, ANY]) for (const entry of readers.get(code) ?? []) move(entry, at)
    },
    take() {
      const at = now()
      if (at >= scannedAt && at < nextAt) return []
      scannedAt = at
      nextAt = at + SCAN_MS
      return entries.filter(entry => !entry.reading && isDue(entry, at))
    },
    evaluated(entry) {
      nextAt = Math.min(nextAt, dueAt(entry.rule, entry.watch, entry.movedAt))
    },
    reset() {
      nextAt = Number.NEGATIVE_INFINITY
    },
    get nextAt() {
      return nextAt
    },
  }
}

/** The rules that read each live aggregate, by its code or {@link ANY}. */
function readersByCode(entries: Iterable<RuleEntry>, codesOf: LiveCodes | undefined): ReadonlyMap<string, readonly RuleEntry[]> {
  const readers = new Map<string, RuleEntry[]>()
  for (const entry of entries) {
    for (const code of codesOf?.(entry.rule.metric) ?? [ANY]) readers.set(code, [...(readers.get(code) ?? []), entry])
  }
  return readers
}
