import type { Filter } from '@northstar/catalogue'
import type { Metric } from '../metric.ts'

/** Events that a metric counts. An empty list means any event. */
export interface CountedSet {
  readonly events: readonly string[]
  readonly where: readonly Filter[]
}

export interface Withheld {
  readonly metric: Metric
  /** The published metric that it overlaps with: the two could be subtracted. */
  readonly overlaps: Metric
}

/**
 * Two numbers over some of the same events by different filters can be subtracted, and the difference may be a small group that each of them
 * hides. Of such metrics only the first is published. If one counts only sets that the other counts, their difference reveals nothing that the
 * other's own parts do not.
 */
export function withoutOverlap(
  metrics: readonly Metric[],
  setsOf: (metric: Metric) => readonly CountedSet[],
): { readonly published: readonly Metric[]; readonly withheld: readonly Withheld[] } {
  const published: { readonly metric: Metric; readonly sets: readonly CountedSet[] }[] = []
  const withheld: Withheld[] = []
  for (const metric of metrics) {
    const sets = setsOf(metric)
    const other = published.find(kept => canBeSubtracted(kept.sets, sets))
    if (other) withheld.push({ metric, overlaps: other.metric })
    else published.push({ metric, sets })
  }
  return { published: published.map(({ metric }) => metric), withheld }
}

function canBeSubtracted(one: readonly CountedSet[], other: readonly CountedSet[]): boolean {
  const [a, b] = [one.map(textOf), other.map(textOf)]
  if (a.every(set => b.includes(set)) || b.every(set => a.includes(set))) return false
  return one.some(p => other.some(q => shareEvents(p, q) && textOf(p) !== textOf(q)))
}

const shareEvents = (p: CountedSet, q: CountedSet) =>
  p.events.length === 0 || q.events.length === 0 || p.events.some(event => q.events.includes(event))

/** A key of a set: equal for sets that differ only in order. */
function textOf({ events, where }: CountedSet): string {
  const filters = where.map(({ property, op, values }) => JSON.stringify([property, op, values.map(value => JSON.stringify(value)).sort()]))
  return JSON.stringify([events.toSorted(), [...new Set(filters)].sort()])
}
