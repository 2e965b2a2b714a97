import type { Step } from '../collector.ts'

/** Downloads on a day, `YYYY-MM-DD` in UTC. */
export interface DailyCount {
  readonly date: string
  readonly count: number
  readonly version?: string
}

export interface DailyCursor {
  /** The package whose days they are. */
  readonly of: string
  /** Every day up to this one was sent. */
  readonly through: string
}

const DAY_MS = 86_400_000

export const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

/** The last day whose count no longer changes: registries add to a day until the end of the next one. */
export const settledDay = (now: number) => dayOf(now - 2 * DAY_MS)

/** The cursor of a package; null for that of another one. */
export const cursorOf = (name: string, stored: DailyCursor | null): DailyCursor | null => (stored?.of === name ? stored : null)

/** Whether every settled day was sent: the registry has nothing new, and is not asked. An ETag would not save it, since answers grow by the hour. */
export const isUpToDate = (stored: DailyCursor | null, now: number): boolean => stored !== null && stored.through >= settledDay(now)

/**
 * The samples of settled days that were not sent. Registries give 0 for a day that they have not counted yet, so a day is passed only when it
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
      // Noon lies on the same date in nearly every time zone.
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
