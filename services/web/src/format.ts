import type { Unit } from './api/types.ts'

// Numbers and dates follow the browser's locale.
const decimals = (maximumFractionDigits: number) => new Intl.NumberFormat(undefined, { maximumFractionDigits })
const whole = decimals(0)
const one = decimals(1)
const two = decimals(2)
const percents = [0, 1, 2].map(
  maximumFractionDigits => new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits, signDisplay: 'auto' }),
)

export const NO_VALUE = '–'

function percent(value: number): string {
  const size = Math.abs(value)
  const digits = size === 0 || Number.isInteger(Math.round(value * 1e6) / 1e4) ? 0 : size < 0.01 ? 2 : 1
  return percents[digits]?.format(value) ?? String(value)
}

const UNITS: Readonly<Record<Unit, (value: number) => string>> = {
  count: value => whole.format(value),
  number: value => (Math.abs(value) >= 1_000 ? whole : two).format(value),
  ratio: percent,
  ms: value => (value < 10_000 ? `${(value < 10 ? one : whole).format(value)} ms` : `${one.format(value / 1_000)} s`),
  kB: value => (value < 1_024 ? `${whole.format(value)} kB` : `${one.format(value / 1_024)} MB`),
  bytes: value => (value < 1_048_576 ? `${one.format(value / 1_024)} kB` : `${one.format(value / 1_048_576)} MB`),
  hours: value => (value < 72 ? `${one.format(value)} h` : `${one.format(value / 24)} days`),
  per_user: value => one.format(value),
}

/** A value with its unit; a dash for null. */
export function formatValue(value: number | null | undefined, unit: Unit): string {
  return value === null || value === undefined ? NO_VALUE : UNITS[unit](value)
}

/**
 * A signed difference such as `+100` or `−3 pp`; null where it rounds to 0. Differences of ratios are in percentage points, with the
 * precision of `value`, to which they belong.
 */
export function formatDifference(difference: number, unit: Unit, value: number): string | null {
  const size = Math.abs(difference)
  const text = unit === 'ratio' ? (Math.abs(value) < 0.01 ? two : one).format(size * 100) : UNITS[unit](size)
  if (!/[1-9]/.test(text)) return null
  return (difference > 0 ? '+' : '−') + text + (unit === 'ratio' ? ' pp' : '')
}

/** A fraction with a sign: `+67%`. */
export function formatRelativeChange(value: number): string {
  const sign = value > 0 ? '+' : value < 0 ? '−' : '±'
  return sign + (percents[Math.abs(value) < 0.1 ? 1 : 0]?.format(Math.abs(value)) ?? '')
}

export const formatPercent = percent
export const formatCount = (value: number): string => whole.format(value)

/** A count with its noun: `1 rule`, `3 rules`. */
export const formatCounted = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`

/** `, limit 5%`; empty without a threshold. */
export const limitText = (threshold: number | null, unit: Unit): string =>
  threshold === null ? '' : `, limit ${formatValue(threshold, unit)}`

const formats = new Map<string, Intl.DateTimeFormat>()

function dates(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = timeZone + JSON.stringify(options)
  const found = formats.get(key)
  if (found) return found
  const made = new Intl.DateTimeFormat(undefined, { ...options, timeZone })
  formats.set(key, made)
  return made
}

const at = (time: string | number) => (typeof time === 'string' ? Date.parse(time) : time)

export const formatDay = (time: string | number, zone: string) => dates(zone, { day: 'numeric', month: 'short' }).format(at(time))
export const formatDate = (time: string | number, zone: string) =>
  dates(zone, { day: 'numeric', month: 'short', year: 'numeric' }).format(at(time))
/** A date `YYYY-MM-DD` without a zone. */
export const formatCalendarDate = (date: string) => formatDate(`${date}T12:00:00Z`, 'UTC')
export const formatTime = (time: string | number, zone: string) =>
  dates(zone, { day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit', timeZoneName: 'short' }).format(at(time))
export const formatClock = (time: string | number, zone: string) => dates(zone, { hour: 'numeric', minute: '2-digit' }).format(at(time))

/** `Jan 2026`. */
export const formatMonth = (time: string | number, zone: string) => dates(zone, { month: 'short', year: 'numeric' }).format(at(time))
export const formatYear = (time: string | number, zone: string) => dates(zone, { year: 'numeric' }).format(at(time))
/** `Q1 2026`. */
export function formatQuarter(time: string | number, zone: string): string {
  const month = new Intl.DateTimeFormat('en', { timeZone: zone, month: 'numeric' }).format(at(time))
  return `Q${Math.ceil(Number(month) / 3)} ${formatYear(time, zone)}`
}

/** `Jan 22, 3 PM`. */
export const formatHour = (time: string | number, zone: string) =>
  dates(zone, { day: 'numeric', month: 'short', hour: 'numeric' }).format(at(time))

/** `Jan 22 – 28`, the end included. */
export const formatSpan = (from: string, to: string, zone: string) =>
  dates(zone, { day: 'numeric', month: 'short' }).formatRange(at(from), at(to) - 1)

const LENGTHS: readonly [Intl.NumberFormatOptions['unit'] & string, number][] = [
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
]

/** A duration in its two largest units: `1 hour 30 minutes`. */
export function formatDuration(seconds: number): string {
  const start = LENGTHS.findIndex(([, size]) => seconds >= size)
  if (start < 0) return NO_VALUE
  let left = seconds
  const parts = LENGTHS.slice(start, start + 2).flatMap(([unit, size]) => {
    const count = Math.floor(left / size)
    left -= count * size
    return count === 0 ? [] : [new Intl.NumberFormat(undefined, { style: 'unit', unit, unitDisplay: 'long' }).format(count)]
  })
  return parts.join(' ')
}

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'long' })
const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
]

/** `5 minutes ago`. */
export function formatAgo(time: string | number, now: number): string {
  const distance = at(time) - now
  const [unit, size] = STEPS.find(([, step]) => Math.abs(distance) >= step) ?? ['second', 1_000]
  return relative.format(Math.trunc(distance / size), unit)
}

/** A text that must fit into a drawing, cut at its end. */
export const shorten = (text: string, length = 20): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text)

/** `file_management` → `File management`. */
export const humanize = (word: string) => {
  const text = word.replaceAll('_', ' ')
  return /^[a-z]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
}
