import { HOUR_MS } from '@northstar/catalogue'
import type { Unit } from '@northstar/metrics'
import type { Figure } from './report.ts'

const LOCALE = 'en-US'
const number = (value: number, digits: number) => new Intl.NumberFormat(LOCALE, { maximumFractionDigits: digits }).format(value)

/** Formats a value with `more` decimals than usual. */
type Format = (value: number, more: number) => string

/** Formats a fraction of 1 as a percentage. Small values have more decimals. */
const percent: Format = (value, more) => {
  const size = Math.abs(value * 100)
  const digits = size === 0 || size >= 10 ? 0 : size >= 1 ? 1 : size >= 0.1 ? 2 : 3
  return `${number(value * 100, digits + more)}%`
}

const inUnit =
  (digits: number, unit: string, scale = 1): Format =>
  (value, more) =>
    `${number(value / scale, digits + more)}${unit}`

const UNITS: Readonly<Record<Unit, Format>> = {
  count: inUnit(0, ''),
  number: (value, more) => number(value, (Math.abs(value) >= 1_000 ? 0 : 2) + more),
  ratio: percent,
  ms: inUnit(0, ' ms'),
  kB: (value, more) => (value < 1_024 ? inUnit(0, ' kB') : inUnit(1, ' MB', 1_024))(value, more),
  bytes: (value, more) => (value < 1_048_576 ? inUnit(1, ' kB', 1_024) : inUnit(1, ' MB', 1_048_576))(value, more),
  hours: (value, more) => (value < 72 ? inUnit(1, ' h') : inUnit(1, ' days', 24))(value, more),
  per_user: inUnit(1, ''),
}

const MAX_DECIMALS = 6

export const formatValue = (value: number, unit: Unit): string => UNITS[unit](value, 0)

/** Formats a value and its target with as many decimals as it takes to distinguish them: the verdict must not contradict the numbers. */
function formatPair(value: number, target: number, unit: Unit): readonly [string, string] {
  for (let more = 0; ; more++) {
    const pair = [UNITS[unit](value, more), UNITS[unit](target, more)] as const
    if (pair[0] !== pair[1] || value === target || more === MAX_DECIMALS) return pair
  }
}

/** `150` for a minimum, `<5%` for a maximum. */
const targetText = ({ value, direction }: NonNullable<Figure['target']>, text: string): string =>
  direction === 'at_most' && value !== 0 ? `<${text}` : text

/** `+67%`, `−1.2 pp`; null if there is no value to compare with. */
export function formatChange({ change, unit }: Figure): string | null {
  if (change === null || change === undefined) return null
  const percents = Math.abs(change) * 100
  const size = number(percents, unit === 'ratio' ? (percents < 1 ? 2 : 1) : percents < 10 ? 1 : 0)
  return `${size === '0' ? '±' : change > 0 ? '+' : '−'}${size}${unit === 'ratio' ? ' pp' : '%'}`
}

/** The sign and words of each verdict. Signs differ in shape, so that no colour is needed to tell them apart. */
export const VERDICTS = {
  ahead: { sign: '✅', word: 'ahead of target' },
  on_target: { sign: '✅', word: 'on target' },
  behind: { sign: '⚠️', word: 'behind target' },
  off: { sign: '❌', word: 'past the limit' },
} as const

/** `Jan 20, 2026`. */
export const formatDate = (date: string): string =>
  new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeZone: 'UTC' }).format(Date.parse(`${date}T00:00:00Z`))

/** `3 hours late`. */
export function formatLate(ms: number): string {
  const hours = Math.round(ms / HOUR_MS)
  if (hours < 1) return `${Math.round(ms / 60_000)} minutes late`
  return hours < 48 ? `${hours} ${hours === 1 ? 'hour' : 'hours'} late` : `${Math.round(hours / 24)} days late`
}

/** The value with target, verdict, progress, change and members, as one line of text. Names of members pass through `escaped`. */
export function figureText(figure: Figure, escaped = (text: string) => text): string {
  const { value, unit, target, status, soFar, members, unknown } = figure
  if (unknown) return `unknown${unknown.since === null ? '' : ` since ${formatDate(unknown.since)}`}, because ${escaped(unknown.reason)}`
  if (value === null) return 'not enough data'
  const shown = target && !members ? target : undefined
  const [valueText, shownTarget] = shown ? formatPair(value, shown.value, unit) : [formatValue(value, unit), '']
  const remarks = [
    ...(soFar ? [`${soFar.days} of ${soFar.of} days`] : []),
    ...(shown ? [`target: ${targetText(shown, shownTarget)}`] : []),
    ...(members?.map(({ name, value: part }) => `${escaped(name)}: ${part === null ? 'not enough data' : formatValue(part, unit)}`) ?? []),
  ]
  const change = formatChange(figure)
  return [
    valueText,
    ...(remarks.length > 0 ? [`(${remarks.join(', ')})`] : []),
    ...(change ? [change] : []),
    ...(status && !members ? [VERDICTS[status].sign] : []),
  ].join(' ')
}
