import { DAY_MS } from '@northstar/catalogue'
import type { Step } from '../collector.ts'

/** Downloads on a day, `YYYY-MM-DD` in UTC. */
export interface DailyCount {
  readonly date: string
  readonly count: number
  readonly version?: string
}

export interface DailyCursor {
  /** The name of the package. */
  readonly of: string
  /** Every day up to this one was sent. */
  readonly through: string
}

export const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

/** The last day whose count no longer changes: registries add to a day until the end of the next one. */
export const settledDay = (now: number) => dayOf(now - 2 * DAY_MS)

/** The stored cursor if it is the package's, else null. */
export const cursorOf = (name: string, stored: DailyCursor | null): DailyCursor | null => (stored?.of === name ? stored : null)

/** Whether every settled day was sent, so that the registry has nothing new. An ETag would not help, since answers change every hour. */
export const isUpToDate = (stored: DailyCursor | null, now: number): boolean => stored !== null && stored.through >= settledDay(now)

/**
 * The samples of settled days that were not sent. Registries return 0 for a day that they have not counted yet, so a day is complete only when it
 * or a later one has a count.
 */
export function dailyStep(
  { event, source, name }: { readonly event: string; readonly source: string; readonly name: string },
  days: readonly DailyCount[],
  stored: DailyCursor | null,
  now: number,
): Step<DailyCursor> {
  const settled = settledDay(now)
  const fresh = days.filter(({ date, count }) => count > 0 && date > (stored?.through ?? '') && date <= settled)
  return {
    samples: fresh.map(({ date, count, version }) => ({
      event,
      id: `downloads of ${name} ${date} ${version ?? ''}`,
      // Noon UTC has the same date in nearly every time zone.
      timestamp: Date.parse(`${date}T12:00:00Z`),
      properties: { source, count, version },
    })),
    cursor: {
      of: name,
      through:
        fresh
          .map(({ date }) => date)
          .toSorted()
          .at(-1) ??
        stored?.through ??
        '',
    },
  }
}
