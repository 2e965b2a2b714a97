import type { Column } from '@northstar/catalogue'
import type { BlockWriter } from './block/block-writer.ts'
import type { Scalar } from './block/column-builders.ts'
import { type Key, NO_KEY } from './key.ts'

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
  /** Values by column, valid where the stamp is the current event's. */
  readonly #values: Scalar[]
  readonly #stamps: Uint32Array
  readonly #places: number[] = []
  #stamp = 0

  constructor(columns: readonly Column[]) {
    this.#values = columns.map(() => false)
    this.#stamps = new Uint32Array(columns.length)
  }

  begin(event: string): void {
    this.event = event
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

  writeTo(writer: BlockWriter, identity: Key): void {
    writer.begin(this.event, this.timestamp, this.receivedAt, this.user, this.session, identity)
    for (const place of this.#places) writer.set(place, this.#values[place] as Scalar)
  }
}
