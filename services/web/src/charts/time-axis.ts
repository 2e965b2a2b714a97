import { formatClock, formatDay } from '../format.ts'

export interface TimeTick {
  /** Epoch ms. */
  readonly at: number
  readonly label: string
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const STEPS = [
  ...[1, 5, 15, 30].map(minutes => minutes * MINUTE_MS),
  ...[1, 3, 6, 12].map(hours => hours * HOUR_MS),
  ...[1, 2, 4, 7, 14, 28, 91, 364].map(days => days * DAY_MS),
]

/** The room that a label takes, px. */
const widthOf = (step: number) => (step >= DAY_MS ? 64 : 110)

/** Round times of a zone from `from` to `to`, epoch ms, as many as fit into the width, px. The first of each day is named by the day. */
export function timeTicks(from: number, to: number, width: number, zone: string): readonly TimeTick[] {
  const step = STEPS.find(one => ((to - from) / one) * widthOf(one) < width) ?? to - from
  const first = Math.ceil((from + offsetAt(from, zone)) / step) * step
  const ticks: TimeTick[] = []
  // Steps are taken on the zone's clock, so that midnight stays midnight when the clock is changed.
  for (let clock = first; ; clock += step) {
    const guess = clock - offsetAt(from, zone)
    const at = clock - offsetAt(guess, zone)
    if (at > to) return ticks
    const named = step >= DAY_MS || clock % DAY_MS === 0
    const label = named ? formatDay(at, zone) : formatClock(at, zone)
    ticks.push({ at, label: named || ticks.length > 0 ? label : `${formatDay(at, zone)}, ${label}` })
  }
}

/** How far the zone's clock is ahead of UTC at a time, ms. */
function offsetAt(time: number, timeZone: string): number {
  const clock = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(time)
  return Date.parse(`${clock.replace(' ', 'T')}Z`) - Math.floor(time / 1_000) * 1_000
}
