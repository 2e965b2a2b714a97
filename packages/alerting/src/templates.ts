import type { Metric } from '@northstar/metrics'
import type { Labels } from './labels.ts'

/** How a metric's values read: its unit. */
export type ValueUnit = Metric['unit']

export interface TemplateValues {
  readonly labels: Labels
  readonly value: number | null
  readonly threshold: number | null
  readonly sample: number
  readonly unit?: ValueUnit
}

const plain = (value: number) => new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 }).format(value)
const percent = (value: number) => `${new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 }).format(value * 100)}%`

/** A value as people read it: `37.5%`, `1,234`, `450 ms`; `no data` for null. */
export function formatValue(value: number | null, unit: ValueUnit = 'count'): string {
  if (value === null) return 'no data'
  if (unit === 'ratio') return percent(value)
  if (unit === 'ms' || unit === 'kB' || unit === 'hours' || unit === 'bytes') return `${plain(value)} ${unit}`
  return plain(value)
}

const filters: Readonly<Record<string, (value: unknown, one: string, many: string) => string>> = {
  percent: value => (typeof value === 'number' ? percent(value) : String(value)),
  humanizePercentage: value => (typeof value === 'number' ? percent(value) : String(value)),
  humanize: value => (typeof value === 'number' ? plain(value) : String(value)),
  number: value => (typeof value === 'number' ? plain(value) : String(value)),
  raw: value => String(value),
  upper: value => String(value).toUpperCase(),
  lower: value => String(value).toLowerCase(),
  plural: (value, one, many) => (value === 1 ? one : many || `${one}s`),
}

/**
 * Fills `{{ value }}`, `{{ threshold }}`, `{{ sample }}`, `{{ labels.NAME }}` into an annotation, with a filter after `|` where wanted
 * (`percent`, `number`, `raw`, `upper`, `lower`, `plural bug bugs`). `$value` and `$labels.NAME` mean the same, as in Prometheus, but `$value` is the bare
 * number. What is unknown stays as it was written, so that it is seen.
 */
export function renderTemplate(template: string, values: TemplateValues): string {
  return fillTemplate(template, (path, bare) => lookup(path, values, bare))
}

/** Fills `{{ path }}` and `{{ path | filter ARGUMENTS }}` with what `find` gives; `bare` asks for a figure without its unit. */
export function fillTemplate(template: string, find: (path: string, bare: boolean) => string | number | undefined): string {
  return template.replace(
    /\{\{\s*(\$?[a-zA-Z_][\w.]*)\s*(?:\|\s*(\w+)\s*(\w*)\s*(\w*)\s*)?\}\}/g,
    (whole, path: string, filter?: string, one = '', many = '') => {
      const found = find(path, filter !== undefined)
      if (found === undefined) return whole
      if (filter === undefined) return String(found)
      return filters[filter]?.(found, one, many) ?? whole
    },
  )
}

function lookup(path: string, values: TemplateValues, bare: boolean): string | number | undefined {
  const [head = '', name = ''] = path.replace(/^\$/, '').split('.', 2)
  if (head === 'labels' && name !== '') return values.labels[name] ?? ''
  if (head === 'sample') return values.sample
  if (head !== 'value' && head !== 'threshold') return undefined
  const figure = values[head]
  if (figure === null) return 'no data'
  return bare || path.startsWith('$') ? figure : formatValue(figure, values.unit)
}
