import type { Definition } from '../api/types.ts'
import { useProduct } from '../context.ts'
import { formatCalendarDate } from '../format.ts'
import { addDays, DAY_MS, dayOf } from '../period.ts'
import { useReleases } from '../releases/use-releases.ts'
import { useParameters } from '../router.tsx'

/** The query of a metric page, from its address: `?range=30d&period=day&by=platform&where.platform=macos&compare=previous`. */
export interface Question {
  readonly period: Period
  /** `7d`, `30d`, `90d`, `since:VERSION`, `custom`; empty for the period's default range. */
  readonly range: string
  /** First and last day, `YYYY-MM-DD`, both included; absent for the default range. */
  readonly from?: string
  readonly to?: string
  readonly by: string
  readonly filters: readonly Filter[]
  readonly compare: Comparison | ''
}

export interface Filter {
  readonly property: string
  readonly value: string
}

/** Compares with the preceding range of equal length, with the same periods a year before, or with another release. */
export type Comparison = 'previous' | 'year' | `release:${string}`

export type Period = 'hour' | 'day' | 'week' | 'month' | 'quarter' | 'year'

export const PERIODS: readonly (readonly [Period, string])[] = [
  ['hour', 'Hours'],
  ['day', 'Days'],
  ['week', 'Weeks'],
  ['month', 'Months'],
  ['quarter', 'Quarters'],
  ['year', 'Years'],
]

export const COMPARISONS: readonly (readonly ['previous' | 'year', string])[] = [
  ['previous', 'Previous range'],
  ['year', 'A year before'],
]

export const RANGES: readonly (readonly [string, string])[] = [
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
  ['90d', 'Last 90 days'],
  ['custom', 'Custom range'],
]

/** The range without a choice, as the API has it. */
export const DEFAULT_RANGES: Readonly<Record<Period, string>> = {
  hour: 'Last 24 hours',
  day: 'Last 28 days',
  week: 'Since launch',
  month: 'Since launch',
  quarter: 'Since launch',
  year: 'Since launch',
}

/** The breakdown that shows all percentiles of one distribution. */
export const PERCENTILES = 'percentiles'

const WHERE = 'where.'
const SINCE = 'since:'
const RELEASE = 'release:'

export const sinceRange = (version: string): string => SINCE + version
export const releaseComparison = (version: string): Comparison => `release:${version}`
/** The release that a question is compared with, or null. */
export const comparedRelease = ({ compare }: Pick<Question, 'compare'>): string | null =>
  compare.startsWith(RELEASE) ? compare.slice(RELEASE.length) : null

function comparisonOf(text: string | null): Comparison | '' {
  if (text?.startsWith(RELEASE)) return releaseComparison(text.slice(RELEASE.length))
  return COMPARISONS.find(([name]) => name === text)?.[0] ?? ''
}

type Change = (changes: Readonly<Record<string, string | null>>) => void

/** The question in the address, and a function that changes its parameters. */
export function useQuestion(): readonly [Question, Change] {
  const [parameters, change] = useParameters()
  const { zone } = useProduct()
  const releases = useReleases()
  const range = parameters.get('range') ?? ''
  const days = Number(/^(\d{1,3})d$/.exec(range)?.[1] ?? 0)
  const period = PERIODS.find(([name]) => name === parameters.get('period'))?.[0]
  const since = releases.find(({ version }) => range === sinceRange(version))
  const custom = range === 'custom' && { ...day('from', parameters.get('from')), ...day('to', parameters.get('to')) }
  const question: Question = {
    period: period ?? ((days > 0 && days <= 30) || since ? 'day' : 'week'),
    range,
    ...(days > 0 && { from: dayOf(Date.now() - (days - 1) * DAY_MS, zone) }),
    ...(since && { from: dayOf(Date.parse(since.date), zone) }),
    ...custom,
    by: parameters.get('by') ?? '',
    filters: [...parameters].flatMap(([name, value]) => (name.startsWith(WHERE) ? [{ property: name.slice(WHERE.length), value }] : [])),
    compare: comparisonOf(parameters.get('compare')),
  }
  return [question, change]
}

const day = (name: 'from' | 'to', value: string | null) => (value !== null && /^\d{4}-\d{2}-\d{2}$/.test(value) ? { [name]: value } : {})

/** The parameter name of a filter. */
export const filterParameter = (property: string): string => WHERE + property

/** The API path of a question; `overrides` replace parameters. */
export function pathOf(
  metric: string,
  { period, from, to, by, filters }: Question,
  overrides: Readonly<Record<string, string>> = {},
): string {
  const parameters = new URLSearchParams({
    period,
    ...(from && { from }),
    // The last day is included, while the API excludes `to`.
    ...(to && { to: addDays(to, 1) }),
    ...(by && by !== PERCENTILES && { by }),
    ...Object.fromEntries(filters.map(({ property, value }) => [filterParameter(property), value])),
    ...overrides,
  })
  return `/v1/metrics/${metric}?${parameters}`
}

/** The breakdowns of a metric: kept ones first, then every declared property and its percentiles. Its own parts need no choice. */
export function breakdownsOf(definition: Definition): readonly string[] {
  const all = [...definition.by, ...definition.breakdowns]
  return [...((definition.percentiles?.length ?? 0) > 1 ? [PERCENTILES] : []), ...new Set(all)]
}

/** The range as text, for captions and file names. */
export function rangeText({ range, period, from, to }: Question): string {
  if (range === 'custom' && (from || to)) return [from, to].map(date => (date ? formatCalendarDate(date) : '')).join(' – ')
  if (range.startsWith(SINCE)) return `Since release ${range.slice(SINCE.length)}`
  return RANGES.find(([name]) => name === range)?.[1] ?? DEFAULT_RANGES[period]
}
