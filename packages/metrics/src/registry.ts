import type { IntrinsicBreakdown, KindTraits, MetricKind } from './kind.ts'
import { activation } from './kinds/activation.ts'
import { adoption } from './kinds/adoption.ts'
import { churn } from './kinds/churn.ts'
import { count } from './kinds/count.ts'
import { distinct } from './kinds/distinct.ts'
import { maximum, minimum } from './kinds/extremes.ts'
import { funnel } from './kinds/funnel.ts'
import { latest } from './kinds/latest.ts'
import { lifecycle } from './kinds/lifecycle.ts'
import { mean } from './kinds/mean.ts'
import { newGroups } from './kinds/new-groups.ts'
import { openAge } from './kinds/open-age.ts'
import { openItems } from './kinds/open-items.ts'
import { perUser } from './kinds/per-user.ts'
import { percentile } from './kinds/percentile.ts'
import { ratio } from './kinds/ratio.ts'
import { ratioOfSums } from './kinds/ratio-of-sums.ts'
import { retention } from './kinds/retention.ts'
import { rolling } from './kinds/rolling.ts'
import { segments } from './kinds/segments.ts'
import { share } from './kinds/share.ts'
import { stickiness } from './kinds/stickiness.ts'
import { sum } from './kinds/sum.ts'
import { throughput } from './kinds/throughput.ts'
import { timeBetween } from './kinds/time-between.ts'
import { unique } from './kinds/unique.ts'

/** Every kind of metric by the name that product files use. A new kind is a file and a line here. */
export const metricKinds: ReadonlyMap<string, MetricKind> = new Map<string, MetricKind>([
  ['count', count],
  ['unique', unique],
  ['ratio', ratio],
  ['share', share],
  ['percentile', percentile],
  ['sum', sum],
  ['mean', mean],
  ['per_user', perUser],
  ['segments', segments],
  ['activation', activation],
  ['retention', retention],
  ['churn', churn],
  ['adoption', adoption],
  ['latest', latest],
  ['open_items', openItems],
  ['time_between', timeBetween],
  ['open_age', openAge],
  ['throughput', throughput],
  ['funnel', funnel],
  ['rolling', rolling],
  ['stickiness', stickiness],
  ['lifecycle', lifecycle],
  ['ratio_of_sums', ratioOfSums],
  ['minimum', minimum],
  ['maximum', maximum],
  ['distinct', distinct],
  ['new_groups', newGroups],
])

/** How further events change the metric's value; undefined if they may change it either way. */
export const trendOf = (metric: { readonly kind: string } | undefined): KindTraits['trend'] => metricKinds.get(metric?.kind ?? '')?.trend

/** The own breakdown of the metric's kind, such as the steps of a funnel. */
export function intrinsicOf(metric: { readonly kind: string; readonly definition: unknown } | undefined): IntrinsicBreakdown | undefined {
  const kind = metricKinds.get(metric?.kind ?? '')
  return kind?.source === 'queried' ? kind.intrinsic?.(metric?.definition) : undefined
}

/**
 * The points of a metric as a whole: those of a funnel's last step; none for other kinds with a breakdown of their own, whose parts do not
 * add up.
 */
export function wholePoints<P extends { readonly by?: Readonly<Record<string, unknown>> }>(
  metric: { readonly kind: string; readonly definition: unknown } | undefined,
  points: readonly P[],
): readonly P[] {
  const intrinsic = intrinsicOf(metric)
  if (!intrinsic) return points
  return intrinsic.ordered ? points.filter(({ by }) => by?.[intrinsic.name] === intrinsic.members.at(-1)) : []
}
