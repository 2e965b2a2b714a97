import { type Filter, iso } from '@northstar/catalogue'
import type { SeriesPoint } from '../answer.ts'
import type { MeasuringDeps } from '../measuring.ts'
import type { MetricQuestion } from '../question.ts'
import { createReleaseComparison } from './compare.ts'
import { createReadReleases } from './known.ts'

/**
 * Returns a function that answers `compare: 'previous_release'`: the newest release that was out at the end of the span, compared with the one
 * before, as a point for each member. `previous` is the other release's value; a point without enough data has no `interval`.
 */
export function createNewestRelease(deps: MeasuringDeps) {
  const readReleases = createReadReleases(deps)
  const compare = createReleaseComparison(deps)

  return async ({ metric, by, from, to }: MetricQuestion, filters: readonly Filter[]): Promise<readonly SeriesPoint[]> => {
    const [newest, before] = (await readReleases()).filter(one => one.from < to && one.declared?.stage !== 'withdrawn')
    if (!newest || !before) return []
    const asked = { metrics: [metric], filters, at: to, maxAge: to - from, ...(by !== undefined && { by: [by] }) }
    const { metrics } = await compare(newest, before, asked)
    return metrics
      .filter(one => (by === undefined ? one.by === undefined : one.by !== undefined))
      .map(one => ({
        from: iso(newest.from),
        to: iso(to),
        complete: false,
        ...(one.by && { by: one.by }),
        value: one.value,
        sample: one.sample,
        previous: one.against.value,
        ...(one.verdict !== 'not_enough_data' && one.interval && { interval: one.interval }),
      }))
  }
}
