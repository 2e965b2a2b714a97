/** Tolerated difference of clocks: a smaller one may be network latency. */
export const SKEW_TOLERANCE_MS = 5_000
/**
 * Largest difference that is corrected: a clock that is wrong by a day, and network latency. A larger one means that the body waited in a
 * queue or a file, or that the field is wrong.
 */
export const SKEW_LIMIT_MS = 25 * 3_600_000

/**
 * The milliseconds by which a sender's clock is behind ours, to be added to the times of its events.
 * @param sentAt the sender's clock when it sent, epoch ms; null when unknown
 * @param arrivedAt our clock when the body arrived, epoch ms
 * @returns 0 within {@link SKEW_TOLERANCE_MS} and beyond {@link SKEW_LIMIT_MS}
 */
export function clockSkew(sentAt: number | null, arrivedAt: number): number {
  if (sentAt === null || !Number.isFinite(sentAt)) return 0
  const skew = Math.round(arrivedAt - sentAt)
  const size = Math.abs(skew)
  return size <= SKEW_TOLERANCE_MS || size > SKEW_LIMIT_MS ? 0 : skew
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** An RFC 3339 time as epoch milliseconds; NaN for any other text. */
export function parseRfc3339(text: string): number {
  // Nearly every sender writes exactly `2026-01-15T05:00:00.000Z`; reading the digits takes a fraction of the expression's time.
  if (text.length === 24 && text.charCodeAt(23) === 90 && text.charCodeAt(19) === 46) {
    const time = fixedForm(text)
    if (!Number.isNaN(time)) return time
  }
  const m = RFC3339.exec(text)
  if (m === null) return Number.NaN
  const part = (i: number): number => Number(m[i] ?? 0)
  const offset = (m[8] === '-' ? -1 : 1) * (part(9) * 60 + part(10))
  if (part(9) > 23 || part(10) > 59) return Number.NaN
  const ms = Number((m[7] ?? '0').padEnd(3, '0').slice(0, 3))
  return epoch(part(1), part(2), part(3), part(4), part(5), part(6), ms) - offset * 60_000
}

function fixedForm(t: string): number {
  if (t.charCodeAt(4) !== 45 || t.charCodeAt(7) !== 45 || t.charCodeAt(10) !== 84 || t.charCodeAt(13) !== 58 || t.charCodeAt(16) !== 58)
    return Number.NaN
  const year = two(t, 0) * 100 + two(t, 2)
  const ms = two(t, 20) * 10 + two(t, 21) - Math.floor(two(t, 21) / 10) * 10
  return epoch(year, two(t, 5), two(t, 8), two(t, 11), two(t, 14), two(t, 17), ms)
}

function two(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

function epoch(year: number, month: number, day: number, hour: number, minute: number, second: number, ms: number): number {
  // Second 60 is a leap second, which RFC 3339 allows and epoch time lacks: it becomes the first second of the next minute.
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= (DAYS[month - 1] ?? 0) && hour <= 23 && minute <= 59 && second <= 60 && ms <= 999))
    return Number.NaN
  if (month === 2 && day === 29 && (year % 4 !== 0 || (year % 100 === 0 && year % 400 !== 0))) return Number.NaN
  return daysFromCivil(year, month, day) * 86_400_000 + hour * 3_600_000 + minute * 60_000 + second * 1000 + ms
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant's algorithm). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}
