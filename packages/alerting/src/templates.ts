import { valueTitle } from '@northstar/catalogue'
import type { Metric } from '@northstar/metrics'
import { type Labels, labelOf } from './labels.ts'

/** The unit of a metric's values. */
export type ValueUnit = Metric['unit']

export interface TemplateValues {
  readonly labels: Labels
  /** Display names of label values, by label and value. */
  readonly titles?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly value: number | null
  readonly threshold: number | null
  readonly sample: number
  readonly unit?: ValueUnit
}

/** Formats a number, optionally with `digits` significant digits. */
type Format = (value: number, digits?: number) => string

/** Formatters by number of significant digits: creating one takes many times as long as formatting. */
const bySignificantDigits = new Map<number, Intl.NumberFormat>()

function withDigits(digits: number): Intl.NumberFormat {
  const format = bySignificantDigits.get(digits) ?? new Intl.NumberFormat('en-US', { maximumSignificantDigits: digits })
  bySignificantDigits.set(digits, format)
  return format
}

const toHundredths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 })
const plain: Format = (value, digits) => (digits === undefined ? toHundredths : withDigits(digits)).format(value)
const percent: Format = (value, digits = 3) => `${withDigits(digits).format(value * 100)}%`

const MOST_DIGITS = 17

/** The value with enough digits to distinguish it from the other one, which avoids "10% is above 10%". */
function distinct(value: number, other: number | null | undefined, format: Format): string {
  const short = format(value)
  if (other === null || other === undefined || other === value || short !== format(other)) return short
  const whole = Math.floor(Math.log10(Math.max(1, Math.abs(value)))) + 1
  for (let digits = whole + 3; digits <= MOST_DIGITS; digits++) {
    if (format(value, digits) !== format(other, digits)) return format(value, digits)
  }
  return String(value)
}

/**
 * A value for people: `37.5%`, `1,234`, `450 ms`; `no data` for null.
 * @param other the value that it is compared with: both get enough digits to be distinguished
 */
export function formatValue(value: number | null, unit: ValueUnit = 'count', other?: number | null): string {
  if (value === null) return 'no data'
  if (unit === 'ratio') return distinct(value, other, percent)
  const text = distinct(value, other, plain)
  return unit === 'ms' || unit === 'kB' || unit === 'hours' || unit === 'bytes' ? `${text} ${unit}` : text
}

type Filter = (value: unknown, words: readonly [string, string], other: number | null) => string

const numeric =
  (format: Format): Filter =>
  (value, _, other) =>
    typeof value === 'number' ? distinct(value, other, format) : String(value)

const filters: Readonly<Record<string, Filter>> = {
  percent: numeric(percent),
  humanizePercentage: numeric(percent),
  humanize: numeric(plain),
  number: numeric(plain),
  raw: value => String(value),
  upper: value => String(value).toUpperCase(),
  lower: value => String(value).toLowerCase(),
  plural: (value, [one, many]) => (value === 1 ? one : many || `${one}s`),
}

/**
 * Renders `{{ value }}`, `{{ threshold }}`, `{{ sample }}`, `{{ labels.NAME }}` and `{{ titles.NAME }}` (the display name of that label's value) in
 * an annotation, optionally with a filter after `|` (`percent`, `number`, `raw`, `upper`, `lower`, `plural bug bugs`). `$value` and
 * `$labels.NAME` are accepted as in Prometheus; `$value` is the bare number. An unknown variable is left as written, so that it is noticed.
 */
export function renderTemplate(template: string, values: TemplateValues): string {
  const others: Readonly<Record<string, number | null>> = { value: values.threshold, threshold: values.value }
  const otherOf = (path: string) => others[path.replace(/^\$/, '')] ?? null
  return fillTemplate(template, (path, bare) => lookup(path, values, bare), otherOf)
}

/**
 * Renders `{{ path }}` and `{{ path | filter ARGUMENTS }}`.
 * @param find the variable's value; `bare`: a number without its unit
 * @param otherOf the figure that the variable is compared with
 */
export function fillTemplate(
  template: string,
  find: (path: string, bare: boolean) => string | number | undefined,
  otherOf: (path: string) => number | null = () => null,
): string {
  return template.replace(
    /\{\{\s*(\$?[a-zA-Z_][\w.]*)\s*(?:\|\s*(\w+)(?:\s+(\w+))?(?:\s+(\w+))?\s*)?\}\}/g,
    (whole, path: string, filter?: string, one = '', many = '') => {
      const found = find(path, filter !== undefined)
      if (found === undefined) return whole
      if (filter === undefined) return String(found)
      return filters[filter]?.(found, [one, many], otherOf(path)) ?? whole
    },
  )
}

function lookup(path: string, values: TemplateValues, bare: boolean): string | number | undefined {
  const [head = '', name = ''] = path.replace(/^\$/, '').split('.', 2)
  const label = labelOf(values.labels, name)
  if (head === 'labels' && name !== '') return label
  if (head === 'titles' && name !== '') return valueTitle({ properties: {}, values: values.titles ?? {} }, name, label)
  if (head === 'sample') return values.sample
  if (head !== 'value' && head !== 'threshold') return undefined
  const figure = values[head]
  if (figure === null) return 'no data'
  if (bare || path.startsWith('$')) return figure
  return formatValue(figure, values.unit, head === 'value' ? values.threshold : values.value)
}
