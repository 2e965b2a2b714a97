import type { Acknowledgement, Silence } from '@northstar/alerting'
import type { AlertStore } from './store.ts'

/** What people decided: silences and acknowledgements. */
export interface OperatorSnapshot {
  readonly silences: readonly Silence[]
  readonly acknowledgements: ReadonlyMap<string, Acknowledgement>
}

export interface Operators {
  /** Reads the store where the last reading is old. Returns whether anything changed. */
  read(): Promise<boolean>
  /** The next {@link read} asks the store. */
  refresh(): void
  readonly snapshot: OperatorSnapshot
}

const READ_EVERY_MS = 1_000

export function createOperators(store: Pick<AlertStore, 'readOperators'>, now: () => number): Operators {
  let snapshot: OperatorSnapshot = { silences: [], acknowledgements: new Map() }
  let readAt = Number.NEGATIVE_INFINITY
  let text = ''
  return {
    async read() {
      if (now() - readAt < READ_EVERY_MS && now() >= readAt) return false
      readAt = now()
      const found = await store.readOperators()
      const newText = JSON.stringify(found)
      if (newText === text) return false
      text = newText
      snapshot = { silences: found.silences, acknowledgements: new Map(found.acknowledgements.map(one => [one.fingerprint, one])) }
      return true
    },
    refresh() {
      readAt = Number.NEGATIVE_INFINITY
    },
    get snapshot() {
      return snapshot
    },
  }
}
