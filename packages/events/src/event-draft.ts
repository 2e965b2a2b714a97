import type { Column } from '@northstar/catalogue'
import type { BlockWriter } from './block/block-writer.ts'
import type { Scalar } from './block/column-builders.ts'
import { type Key, NO_KEY } from './key.ts'
import { complement, type Quarantined } from './quarantine.ts'
import type { Rejection } from './rejection.ts'

/**
 * An event that is being checked. There is one for all events of a process: each check fills it anew, and an accepted event is
 * written from it before the next check.
 */
export class EventDraft {
  event = ''
  /** As the sender wrote it; '' when absent. */
  id = ''
  /** Corrected by the sender's clock skew, epoch ms. */
  timestamp = 0
  receivedAt = 0
  user: Key = NO_KEY
  session: Key = NO_KEY
  /** Whether violations of the plan are dropped rather than refused. */
  lenient = false
  /** The first violation that was dropped, or why the event is quarantined. */
  violation: Rejection | null = null
  /** In place of columns, where the event is quarantined. */
  quarantined: Quarantined | null = null
  /** Values by column, valid where the stamp is the current event's. */
  readonly #values: Scalar[]
  readonly #stamps: Uint32Array
  readonly #places: number[] = []
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
    this.#places.length = 0
    this.#stamp = (this.#stamp + 1) >>> 0
    if (this.#stamp === 0) this.#stamps.fill(0)
  }

  has(place: number): boolean {
    return this.#stamps[place] === this.#stamp
  }

  set(place: number, value: Scalar): void {
    this.#stamps[place] = this.#stamp
    this.#values[place] = value
    this.#places.push(place)
  }

  /** Drops what a rejection is about where the draft is lenient; personal data is never let pass. Returns the rejection otherwise. */
  orDrop(rejection: Rejection): Rejection | null {
    if (!this.lenient || rejection.code === 'forbidden_data') return rejection
    this.violation ??= rejection
    return null
  }

  /** @param writer of the columns of `QUARANTINE_COLUMNS` */
  writeQuarantinedTo(writer: BlockWriter, identity: Key): void {
    if (this.quarantined === null || this.violation === null) throw new Error('the draft is of no quarantined event')
    const { properties, hashed } = this.quarantined
    writer.begin(this.event, this.timestamp, this.receivedAt, this.user, this.session, complement(identity))
    const values = [properties, hashed, this.violation.code, this.violation.field ?? '']
    for (const [place, value] of values.entries()) writer.set(place, value)
  }

  writeTo(writer: BlockWriter, identity: Key): void {
    writer.begin(this.event, this.timestamp, this.receivedAt, this.user, this.session, identity)
    for (const place of this.#places) writer.set(place, this.#values[place] as Scalar)
  }
}
