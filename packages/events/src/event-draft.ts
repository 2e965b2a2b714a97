import type { Column } from '@northstar/catalogue'
import type { BlockWriter } from './block/block-writer.ts'
import type { Scalar } from './block/column-builders.ts'
import { type Key, NO_KEY } from './key.ts'
import { complement, type Quarantined } from './quarantine.ts'
import type { Rejection } from './rejection.ts'

/**
 * The event that is being checked. One draft is reused for all events of a validator: each check overwrites it, so an accepted event must be
 * written before the next check.
 */
export class EventDraft {
  event = ''
  /** The sender's id; '' when absent. */
  id = ''
  /** Corrected by the sender's clock skew, epoch ms. */
  timestamp = 0
  receivedAt = 0
  user: Key = NO_KEY
  session: Key = NO_KEY
  /** Whether properties that violate the plan are dropped instead of the event being refused. */
  lenient = false
  /** The first dropped violation, or the reason that the event is quarantined. */
  violation: Rejection | null = null
  /** The properties of a quarantined event, instead of columns. */
  quarantined: Quarantined | null = null
  /** Values by column; valid where the stamp equals the current event's. */
  readonly #values: Scalar[]
  readonly #stamps: Uint32Array
  /** The columns that are set, in order. */
  readonly #columns: number[] = []
  #stamp = 0

  constructor(columns: readonly Column[]) {
    this.#values = columns.map(() => false)
    this.#stamps = new Uint32Array(columns.length)
  }

  begin(event: string, lenient = false): void {
    this.event = event
    this.lenient = lenient
    this.violation = null
    this.quarantined = null
    this.#columns.length = 0
    this.#stamp = (this.#stamp + 1) >>> 0
    if (this.#stamp === 0) this.#stamps.fill(0)
  }

  has(column: number): boolean {
    return this.#stamps[column] === this.#stamp
  }

  /** @param column index in the plan's columns */
  set(column: number, value: Scalar): void {
    this.#stamps[column] = this.#stamp
    this.#values[column] = value
    this.#columns.push(column)
  }

  /** Records a violation and returns null when the draft is lenient. Returns the rejection otherwise, and always for personal data. */
  dropIfLenient(rejection: Rejection): Rejection | null {
    if (!this.lenient || rejection.code === 'forbidden_data') return rejection
    this.violation ??= rejection
    return null
  }

  /** @param writer has the columns `QUARANTINE_COLUMNS` */
  writeQuarantinedTo(writer: BlockWriter, identity: Key): void {
    if (this.quarantined === null || this.violation === null) throw new Error('the draft is not a quarantined event')
    const { properties, hashed } = this.quarantined
    writer.begin(this.event, this.timestamp, this.receivedAt, this.user, this.session, complement(identity))
    const values = [properties, hashed, this.violation.code, this.violation.field ?? '']
    for (const [column, value] of values.entries()) writer.set(column, value)
  }

  writeTo(writer: BlockWriter, identity: Key): void {
    writer.begin(this.event, this.timestamp, this.receivedAt, this.user, this.session, identity)
    for (const column of this.#columns) writer.set(column, this.#values[column] as Scalar)
  }
}
