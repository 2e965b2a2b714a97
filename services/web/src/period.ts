const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/** `YYYY-MM-DD` in the zone. */
export const dayOf = (time: number, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(time)

/** The day `count` days later. */
export const addDays = (date: string, count: number): string => new Date(Date.parse(date) + count * DAY_MS).toISOString().slice(0, 10)

interface Span {
  readonly from: string
  readonly to: string
}

/** How much of an unfinished period has passed, the current day, hour or minute included: `2 of 7 days`. */
export function progressText({ from, to }: Span): string {
  const [start, end] = [Date.parse(from), Date.parse(to)]
  const length = end - start
  // A day of 25 hours is still shown in hours.
  const [unit, size] =
    length <= HOUR_MS
      ? (['minutes', MINUTE_MS] as const)
      : length < 2 * DAY_MS
        ? (['hours', HOUR_MS] as const)
        : (['days', DAY_MS] as const)
  const total = Math.round(length / size)
  const passed = Math.min(total, Math.max(1, Math.ceil((Date.now() - start) / size)))
  return `${passed} of ${total} ${unit}`
}

/** `so far, 2 of 7 days`; `not final yet` for a period that is over and may still change; empty for a complete one. */
export function soFarText(span: Span & { readonly complete: boolean }): string {
  if (span.complete) return ''
  return Date.parse(span.to) <= Date.now() ? 'not final yet' : `so far, ${progressText(span)}`
}
