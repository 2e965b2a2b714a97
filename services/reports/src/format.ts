import type { Unit } from '@northstar/metrics'
import type { Figure } from './report.ts'

const LOCALE = 'en-US'
const number = (digits: number) => new Intl.NumberFormat(LOCALE, { maximumFractionDigits: digits })
const [whole, one, two] = [number(0), number(1), number(2)]

/** Fractions of 1 as percents: as many digits as a small rate needs. */
function percent(value: number): string {
  const size = Math.abs(value * 100)
  const digits = size === 0 || size >= 10 ? 0 : size >= 1 ? 1 : size >= 0.1 ? 2 : 3
  return `${number(digits).format(value * 100)}%`
}

const UNITS: Readonly<Record<Unit, (value: number) => string>> = {
  count: value => whole.format(value),
  number: value => (Math.abs(value) >= 1_000 ? whole : two).format(value),
  ratio: percent,
  ms: value => `${whole.format(value)} ms`,
  kB: value => (value < 1_024 ? `${whole.format(value)} kB` : `${one.format(value / 1_024)} MB`),
  bytes: value => (value < 1_048_576 ? `${one.format(value / 1_024)} kB` : `${one.format(value / 1_048_576)} MB`),
  hours: value => (value < 72 ? `${one.format(value)} h` : `${one.format(value / 24)} days`),
  per_user: value => one.format(value),
}

export const formatValue = (value: number, unit: Unit): string => UNITS[unit](value)

/** `150`, `<5%`: a target as the guide writes it. */
export function formatTarget({ value, direction }: NonNullable<Figure['target']>, unit: Unit): string {
  const text = formatValue(value, unit)
  return direction === 'at_most' && value !== 0 ? `<${text}` : text
}

/** `+67%`, `−1.2 pp`; null where there is nothing to compare with. */
export function formatChange({ change, unit }: Figure): string | null {
  if (change === null || change === undefined) return null
  const size = unit === 'ratio' ? `${number(Math.abs(change) < 0.01 ? 2 : 1).format(Math.abs(change) * 100)} pp` : percent(Math.abs(change))
  return `${change > 0 ? '+' : change < 0 ? '−' : '±'}${size}`
}

/** Verdicts as a sign and a word: the sign differs in shape, so that no colour is needed. */
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
  const hours = Math.round(ms / 3_600_000)
  if (hours < 1) return `${Math.round(ms / 60_000)} minutes late`
  return hours < 48 ? `${hours} ${hours === 1 ? 'hour' : 'hours'} late` : `${Math.round(hours / 24)} days late`
}

/** The value with target, verdict, progress, change and members, as one line of text. Names of members pass through `escaped`. */
export function figureText(figure: Figure, escaped = (text: string) => text): string {
  const { value, unit, target, status, soFar, members } = figure
  if (value === null) return 'not enough data'
  const remarks = [
    ...(soFar ? [`${soFar.days} of ${soFar.of} days`] : []),
    ...(target && !members ? [`target: ${formatTarget(target, unit)}`] : []),
    ...(members?.map(({ name, value: part }) => `${escaped(name)}: ${part === null ? 'not enough data' : formatValue(part, unit)}`) ?? []),
  ]
  const change = formatChange(figure)
  return [
    formatValue(value, unit),
    ...(remarks.length > 0 ? [`(${remarks.join(', ')})`] : []),
    ...(change ? [change] : []),
    ...(status && !members ? [VERDICTS[status].sign] : []),
  ].join(' ')
}
