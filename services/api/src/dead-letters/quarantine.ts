import { derived, type TrackingPlan } from '@northstar/catalogue'
import type { EventLog, LogRecord } from '@northstar/event-log'
import {
  BlockWriter,
  compileValidator,
  createPseudonyms,
  createSecretMark,
  decodeEvents,
  decodeHead,
  type EncodedRecord,
  encodeRecord,
  eraseRows,
  keyText,
  partitionOf,
  planFingerprint,
  quarantinedEvents,
} from '@northstar/events'
import { readPartitionsInUse } from '@northstar/pipeline'
import { HttpProblem } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'

export interface QuarantineDeps {
  readonly plan: TrackingPlan
  readonly log: Pick<EventLog, 'append' | 'incarnation' | 'partitions' | 'bounds' | 'scan'>
  readonly state: StateStore
  /** The installation's secret. */
  readonly secret: Uint8Array
  readonly now: () => number
}

/** Quarantined events of a record, checked against the present plan. */
export interface QuarantineTrial {
  readonly total: number
  /** Rows of the record's block that pass, ascending. */
  readonly passed: readonly number[]
  /** The reason for each other row. */
  readonly refused: readonly string[]
}

/** Checks quarantined events again and appends those that pass to the log, where both groups process them like others. */
export interface Quarantine {
  trial(record: EncodedRecord): QuarantineTrial
  /** Appends rows of a record, except those whose identity is stored. Resolves when they are durable. */
  release(record: EncodedRecord, rows: readonly number[], isStored: (identity: string) => boolean): Promise<void>
}

/** The identities of a record's events as text. */
export const identitiesOf = (record: EncodedRecord): string[] => quarantinedEvents(record).map(({ identity }) => keyText(identity))

/** The record without the given rows; null if none is left. */
export function withoutReleased(record: EncodedRecord, rows: readonly number[]): EncodedRecord | null {
  const head = decodeHead(record.headers)
  if (head.outcome === 'damaged') return null
  const events = decodeEvents(record.value, head.value.count)
  if (events.outcome === 'damaged' || rows.length === events.value.rows) return null
  return eraseRows(record, rows, head.value, events.value)
}

export function createQuarantine({ plan, log, state, secret, now }: QuarantineDeps): Quarantine {
  const mark = createSecretMark(secret)
  const pseudonyms = createPseudonyms(secret)
  const validator = derived(plan, of => compileValidator(of, { pseudonyms, maxAgeMs: Number.POSITIVE_INFINITY }))

  return {
    trial(record) {
      const { checkQuarantined } = validator()
      const passed: number[] = []
      const refused: string[] = []
      const events = quarantinedEvents(record)
      for (const [row, event] of events.entries()) {
        const rejection = checkQuarantined(event)
        if (rejection === null) passed.push(row)
        else
          refused.push(rejection.code === 'unknown_event' ? `unknown_event: ${event.event}` : `${rejection.code}: ${rejection.field ?? ''}`)
      }
      return { total: events.length, passed, refused }
    },

    async release(record, rows, isStored) {
      const { count, heldUntil } = await readPartitionsInUse(log, state)
      if (heldUntil > now())
        throw new HttpProblem({ status: 503, detail: 'The number of partitions of the event log is changing: try again.' })
      const { checkQuarantined, draft } = validator()
      const wanted = new Set(rows)
      const writers = new Map<number, BlockWriter>()
      for (const [row, event] of quarantinedEvents(record).entries()) {
        if (!wanted.has(row) || isStored(keyText(event.identity)) || checkQuarantined(event) !== null) continue
        draft.writeTo(writerOf(writers, partitionOf(event.user, event.identity, count)), event.identity)
      }
      const fingerprint = planFingerprint(plan)
      const records = [...writers].map(([partition, writer]): LogRecord => mark({ partition, ...encodeRecord(writer.take(), fingerprint) }))
      if (records.length > 0) await log.append(records)
    },
  }

  function writerOf(writers: Map<number, BlockWriter>, partition: number): BlockWriter {
    const writer = writers.get(partition) ?? new BlockWriter(plan.columns)
    writers.set(partition, writer)
    return writer
  }
}
