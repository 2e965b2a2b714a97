import { DAY_MS, parseInstant } from '@northstar/catalogue'
import type { NativeEvent } from './simulate.ts'

/** The start of each of `weeks` weeks from the launch day in the zone, and the end of the last one, epoch ms. */
export function weekStartsFrom(launch: string, timezone: string, weeks: number): number[] {
  return Array.from({ length: weeks + 1 }, (_, week) => {
    const date = new Date(Date.parse(launch) + week * 7 * DAY_MS).toISOString().slice(0, 10)
    const start = parseInstant(date, timezone)
    if (start === null) throw new RangeError(`not a date: ${launch}`)
    return start
  })
}

/** The launch day, `YYYY-MM-DD`, for which `weeks` weeks end when today begins in the zone. */
export function launchEndingToday(now: number, timezone: string, weeks: number): string {
  // The Swedish locale has ISO dates.
  const today = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(now)
  return new Date(Date.parse(today) - weeks * 7 * DAY_MS).toISOString().slice(0, 10)
}

export interface PaceOptions {
  /** 1 is real time. */
  readonly speed: number
  readonly now: () => number
  /** Resolves after `ms`. */
  readonly wait: (ms: number) => Promise<void>
}

/** Yields ordered events at the pace of their timestamps. The first one is yielded at once. */
export async function* atPace(events: Iterable<NativeEvent>, { speed, now, wait }: PaceOptions): AsyncGenerator<NativeEvent> {
  const begun = now()
  let first: number | null = null
  for (const event of events) {
    const time = Date.parse(event.timestamp)
    first ??= time
    const due = begun + (time - first) / speed
    if (due > now()) await wait(due - now())
    yield event
  }
}
