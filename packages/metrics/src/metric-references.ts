import { type Declaration, type FileParts, type Path, type Problem, recordOf, unknownWord } from '@northstar/catalogue'
import type { MetricKind } from './kind.ts'
import type { Metric } from './metric.ts'
import { intrinsicOf } from './registry.ts'

/** A metric that other product files may name. Fields that its own mistakes leave unknown are absent. */
export interface DeclaredMetric {
  readonly kind?: MetricKind
  readonly by?: readonly string[]
  readonly metric?: Metric
}

/** The file that declares metrics. */
export const METRICS_FILE = 'metrics.yaml'

/** The metrics of `metrics.yaml` by name, including those with mistakes. */
export const METRICS: Declaration<ReadonlyMap<string, DeclaredMetric>> = { name: 'metrics' }

/**
 * Returns the mistakes of a part of a file that names a metric with a question (`by`, `where`, `offset`). Fields that the metric's own mistakes leave
 * unknown are not checked.
 */
export function measureProblems(
  file: FileParts,
  path: Path,
  metrics: ReadonlyMap<string, DeclaredMetric>,
  subject = '',
): readonly Problem[] {
  const { metric: name, by, where, offset } = recordOf(file.at(path))
  if (typeof name !== 'string') return []
  const metric = metrics.get(name)
  const problems = metric ? [] : [unknownWord(file, [...path, 'metric'], `${subject}unknown metric`, name, metrics, METRICS_FILE)]
  // For an unknown metric only properties that no metric has are reported.
  const valid = metric ? metric.by : breakdownsOf(metrics)
  const own = metric?.metric && intrinsicOf(metric.metric)?.name
  const known = (at: Path, what: string, property: string, words: readonly string[] | undefined) => {
    if (words && (metric || metrics.size > 0) && !words.includes(property))
      problems.push(unknownWord(file, [...path, ...at], `${subject}unknown ${what}`, property, words))
  }
  if (typeof by === 'string') known(['by'], 'breakdown', by, own === undefined ? valid : [own])
  for (const property of Object.keys(recordOf(where))) known(['where', property], 'property', property, valid)
  if (own !== undefined && by === undefined) {
    problems.push(file.problem(path, `${subject}${name} has a value for each of its parts: \`by: ${own}\` is missing`))
  }
  if (metric?.kind?.source === 'cohorts' && offset === undefined) {
    problems.push(file.problem(path, `${subject}${name} is asked by cohort: \`offset\` is missing, 1 being the period after the first`))
  }
  return problems
}

const breakdowns = new WeakMap<ReadonlyMap<string, DeclaredMetric>, { readonly names: readonly string[] | undefined }>()

/** The breakdowns of all metrics; undefined if those of one are unknown. Computed once. */
function breakdownsOf(metrics: ReadonlyMap<string, DeclaredMetric>): readonly string[] | undefined {
  const known = breakdowns.get(metrics)
  if (known) return known.names
  const all = [...metrics.values()].map(({ by }) => by)
  const names = all.includes(undefined) ? undefined : [...new Set(all.flatMap(by => by ?? []))]
  breakdowns.set(metrics, { names })
  return names
}
