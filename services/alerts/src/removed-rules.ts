import { NO_STATE } from '@northstar/alerting'
import { type HistoryRow, type RuleDocument, rowOf } from './documents.ts'

/** Rules that were removed from the product. Their alerts end; their documents stay until the history has every row. */
export interface RemovedRules {
  /** Replaces all. Returns the documents to write. */
  load(documents: ReadonlyMap<string, RuleDocument>): ReadonlyMap<string, RuleDocument>
  /** Rules whose rows are all stored. Each is returned once. */
  takeDone(): readonly string[]
  /** Rows that have yet to be stored in the history. */
  history(): readonly HistoryRow[]
  historyStored(row: HistoryRow): void
}

export function createRemovedRules(now: () => number): RemovedRules {
  const removed = new Map<string, readonly HistoryRow[]>()
  return {
    load(documents) {
      removed.clear()
      for (const [name, document] of documents) removed.set(name, endAlerts(name, document, now()))
      return new Map([...removed].map(([name, history]) => [name, { state: NO_STATE, watchedUntil: 0, history }]))
    },
    takeDone() {
      const done = [...removed].filter(([, history]) => history.length === 0).map(([name]) => name)
      for (const name of done) removed.delete(name)
      return done
    },
    history: () => [...removed.values()].flat(),
    historyStored(row) {
      const history = removed.get(row.rule)
      if (history) {
        removed.set(
          row.rule,
          history.filter(other => other !== row),
        )
      }
    },
  }
}

/** Ends firing alerts, and returns the rows that have yet to be stored. */
function endAlerts(rule: string, { state, history }: RuleDocument, now: number): readonly HistoryRow[] {
  const ends = Object.values(state.members)
    .filter(member => member.phase === 'firing')
    .map(member => rowOf({ name: rule, severity: member.labels.severity ?? '' }, 'resolved', { ...member, endsAt: now }, now))
  return [...history, ...ends]
}
