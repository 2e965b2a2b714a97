import { bucketStart, finestKept, isKept, RESOLUTIONS } from './buckets.ts'
import type { RecordColumns } from './record-columns.ts'
import type { Tally } from './tallies.ts'

/** One bucket being counted. */
export interface Slot {
  /** One for each aggregate, by its index. */
  readonly tallies: (Tally | undefined)[]
  /** The rows of the current record that fall into the bucket, by the index of their event kind. */
  readonly rows: number[][]
}

/** The buckets of each resolution, by their start. */
export type SlotsByLevel = readonly ReadonlyMap<number, Slot>[]

const [FINEST] = RESOLUTIONS

/** The buckets of a batch. An event belongs to the finest bucket that was kept when it was received. */
export function createSlots(aggregates: number) {
  let slots: Map<number, Slot>[] = RESOLUTIONS.map(() => new Map())
  let newest = 0
  // Most events fall into the bucket of the event before them.
  let lastStart = Number.NaN
  let lastSlot: Slot | undefined

  function slotOf(timestamp: number, receivedAt: number): Slot | undefined {
    const start = bucketStart(FINEST, timestamp)
    const recent = isKept(FINEST, start, receivedAt)
    if (recent && start === lastStart) return lastSlot
    const level = recent ? 0 : finestKept(timestamp, receivedAt)
    const resolution = RESOLUTIONS[level]
    const ofLevel = slots[level]
    if (!resolution || !ofLevel) return undefined
    const bucket = bucketStart(resolution, timestamp)
    let slot = ofLevel.get(bucket)
    if (!slot) {
      slot = { tallies: new Array<Tally | undefined>(aggregates), rows: [] }
      ofLevel.set(bucket, slot)
    }
    if (recent) {
      lastStart = start
      lastSlot = slot
    }
    return slot
  }

  return {
    /** Sorts the rows of a record by bucket and event kind. Returns the buckets with rows. */
    sort({ rows, kinds, kindOf, timestamps, receivedAt }: RecordColumns, skip: readonly number[]): ReadonlySet<Slot> {
      const touched = new Set<Slot>()
      let last: Slot | undefined
      let skipped = 0
      for (let row = 0; row < rows; row++) {
        if (skip[skipped] === row) {
          skipped++
          continue
        }
        const received = receivedAt[row] as number
        if (received > newest) newest = received
        const slot = slotOf(timestamps[row] as number, received)
        if (slot === undefined) continue
        if (slot !== last) {
          touched.add(slot)
          last = slot
          while (slot.rows.length < kinds.length) slot.rows.push([])
        }
        slot.rows[kindOf[row] as number]?.push(row)
      }
      return touched
    },

    /** Time at which the newest event since the last {@link take} was received, epoch ms; 0 if there was none. */
    newest: () => newest,

    /** Returns all buckets and starts with none. */
    take(): SlotsByLevel {
      const taken = slots
      slots = RESOLUTIONS.map(() => new Map())
      lastStart = Number.NaN
      newest = 0
      return taken
    },
  }
}
