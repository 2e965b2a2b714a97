import type { Cell } from './kind.ts'
import type { Metric } from './metric.ts'
import { metricKinds } from './registry.ts'

/** Five standard errors of an estimate of how many different ids there are, and five collisions in small sets. */
const UNIQUES = { relative: 5 * 0.0081, ids: 5 }
/** The error of the live sketch, and of the warehouse's when it reads one. */
const PERCENTILES = 2 * 0.01

/** Whether a live value and the warehouse's can be of the same events: counts and sums equal, estimates within their stated error. */
export function agree(metric: Metric, live: Cell, stored: Cell): boolean {
  const { parts, estimates } = countsOf(metric)
  const near = (a: number, b: number, relative: number, absolute = 0) => Math.abs(a - b) <= Math.abs(b) * relative + absolute
  if (!(estimates > 0 ? near(live.sample, stored.sample, UNIQUES.relative, UNIQUES.ids) : live.sample === stored.sample)) return false
  if (live.value === null || stored.value === null) return live.value === stored.value
  if (parts.includes('percentiles')) return near(live.value, stored.value, PERCENTILES)
  // An id more or less moves a share by little, what each user has by more, and a number of users by itself.
  const weight = Math.max(1, stored.value) / Math.max(1, stored.sample)
  if (estimates > 0) return near(live.value, stored.value, estimates * UNIQUES.relative, UNIQUES.ids * weight)
  return live.value === stored.value
}

function countsOf(metric: Metric) {
  const kind = metricKinds.get(metric.kind)
  const parts = kind?.source === 'counted' ? kind.parts(metric.definition).map(part => part.kind) : []
  return { parts, estimates: parts.filter(part => part === 'unique').length }
}
