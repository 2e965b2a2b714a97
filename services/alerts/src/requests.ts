import type { Acknowledgement, Silence } from '@northstar/alerting'
import type { DigestDocument } from './documents.ts'
import type { AlertStore } from './store.ts'

/** The decisions of operators: silences and acknowledgements. */
export interface OperatorSnapshot {
  readonly silences: readonly Silence[]
  readonly acknowledgements: ReadonlyMap<string, Acknowledgement>
}

export interface RequestReader {
  /** Reads the store if the last reading is old. Returns whether silences or acknowledgements changed. */
  read(): Promise<boolean>
  /** Makes the next {@link read} read the store. */
  refresh(): void
  /** The digests of the last reading, once. */
  takeDigests(): readonly DigestDocument[]
  readonly operators: OperatorSnapshot
}

const READ_EVERY_MS = 1_000

/** Reads the documents that other processes store for the engine. */
export function createRequestReader(store: Pick<AlertStore, 'readRequests'>, now: () => number): RequestReader {
  let operators: OperatorSnapshot = { silences: [], acknowledgements: new Map() }
  let digests: readonly DigestDocument[] = []
  let readAt = Number.NEGATIVE_INFINITY
  let text = ''
  return {
    async read() {
      if (Math.abs(now() - readAt) < READ_EVERY_MS) return false
      readAt = now()
      const { silences, acknowledgements, ...found } = await store.readRequests()
      digests = found.digests
      const newText = JSON.stringify([silences, acknowledgements])
      if (newText === text) return false
      text = newText
      operators = { silences, acknowledgements: new Map(acknowledgements.map(one => [one.fingerprint, one])) }
      return true
    },
    refresh() {
      readAt = Number.NEGATIVE_INFINITY
    },
    takeDigests() {
      const taken = digests
      digests = []
      return taken
    },
    get operators() {
      return operators
    },
  }
}
