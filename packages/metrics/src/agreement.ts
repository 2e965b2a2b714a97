import type { Cell } from './kind.ts'
import type { Metric } from './metric.ts'
import { metricKinds } from './registry.ts'

/** The tolerance of numbers of different ids: five standard errors of the estimate, and five collisions in small sets. */
const UNIQUES = { relative: 5 * 0.0081, ids: 5 }
/** The tolerance of percentiles: the error of the live sketch and of the warehouse's, added up. */
const PERCENTILES = 2 * 0.01

/** Whether a live value agrees with the warehouse's: counts and sums are equal, estimates are within their stated error. */
export function agree(metric: Metric, live: Cell, stored: Cell): boolean {
  const { parts, estimates } = countsOf(metric)
  const near = (a: number, b: number, relative: number, absolute = 0) => Math.abs(a - b) <= Math.abs(b) * relative + absolute
  if (!(estimates > 0 ? near(live.sample, stored.sample, UNIQUES.relative, UNIQUES.ids) : live.sample === stored.sample)) return false
  if (live.value === null || stored.value === null) return live.value === stored.value
  if (parts.includes('percentiles')) return near(live.value, stored.value, PERCENTILES)
  // One id more changes a share by little, a number per user by more, and a number of users by one.
  const weight = Math.max(1, stored.value) / Math.max(1, stored.sample)
  if (estimates > 0) return near(live.value, stored.value, estimates * UNIQUES.relative, UNIQUES.ids * weight)
  return live.value === stored.value
}

function countsOf(metric: Metric) {
  const kind = metricKinds.get(metric.kind)
  const parts = kind?.source === 'counted' ? kind.parts(metric.definition).map(part => part.kind) : []
  return { parts, estimates: parts.filter(part => part === 'unique').length }
}
