import type { TrackingPlan } from '@northstar/catalogue'
import { withFilters } from './counted.ts'
import { splits } from './counting-sql.ts'
import type { Cell, CountedKind, Measured, Part } from './kind.ts'
import type { Metric } from './metric.ts'

interface CountedMetric {
  readonly metric: Metric
  readonly kind: CountedKind
}

/** The cells of several metrics in one. Its own value is null, its sample 0. */
export interface CellOfMetrics extends Cell {
  /** A metric's cell by its name; undefined for a member of a breakdown that none of the metric's events has. */
  of(name: string): Cell | undefined
}

/**
 * Several counted metrics as one, so that a single query reads all their parts of the same events. Parts that several metrics share are read
 * once. Undefined without any metric.
 * @param by the property of the breakdown with which it will be measured
 */
export function countedTogether(
  metrics: readonly CountedMetric[],
  plan: TrackingPlan,
  by: string | undefined,
): { readonly metric: Metric; readonly kind: CountedKind } | undefined {
  const [first] = metrics
  if (!first) return undefined
  const parts = new Map<string, { readonly part: Part; readonly index: number }>()
  const indexOf = (part: Part) => {
    const key = JSON.stringify(part)
    const known = parts.get(key) ?? { part, index: parts.size }
    parts.set(key, known)
    return known.index
  }
  const own = new Map(
    metrics.map(({ metric, kind }) => {
      const indexes = kind.parts(metric.definition).map(part => indexOf(withFilters(part, metric.where, plan)))
      return [metric.name, { metric, kind, indexes }]
    }),
  )
  const all = [...parts.values()].map(({ part }) => part)
  const isSplit = all.map(part => splits(part, by, plan))
  const levels = [...new Set(metrics.flatMap(({ metric, kind }) => kind.levels?.(metric.definition) ?? []))]
  const cellOf = (name: string, measured: readonly Measured[]) => {
    const one = own.get(name)
    if (!one) return undefined
    const values = one.indexes.flatMap(index => measured[index] ?? [])
    const isThere = by === undefined || one.indexes.some(index => isSplit[index] && (measured[index]?.count ?? 0) > 0)
    return isThere ? one.kind.value(one.metric.definition, values) : undefined
  }
  return {
    metric: { ...first.metric, definition: undefined, where: [], by: [] },
    kind: {
      ...first.kind,
      parts: () => all,
      levels: () => levels,
      value: (_, measured): CellOfMetrics => ({ value: null, sample: 0, of: name => cellOf(name, measured) }),
    },
  }
}
