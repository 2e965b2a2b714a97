import { NO_STATE } from '@northstar/alerting'
import { type HistoryRow, type RuleDocument, rowOf } from './documents.ts'

/** Rules that the product no longer has. Their alerts end, and their documents remain until the history has every row. */
export interface RemovedRules {
  /** Replaces all. Returns the documents as they must be written. */
  load(documents: ReadonlyMap<string, RuleDocument>): ReadonlyMap<string, RuleDocument>
  /** Rules whose rows are all stored: each is returned once. */
  takeDone(): readonly string[]
  /** Rows that the history does not have yet. */
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

/** The rows that the history lacks; alerts that were firing end now. */
function endAlerts(rule: string, { state, history }: RuleDocument, now: number): readonly HistoryRow[] {
  const ends = Object.values(state.members)
    .filter(member => member.phase === 'firing')
    .map(member => rowOf({ name: rule, severity: member.labels.severity ?? '' }, 'resolved', { ...member, endsAt: now }, now))
  return [...history, ...ends]
}
