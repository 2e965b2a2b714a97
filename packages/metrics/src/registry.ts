import type { KindTraits, MetricKind } from './kind.ts'
import { activation } from './kinds/activation.ts'
import { adoption } from './kinds/adoption.ts'
import { churn } from './kinds/churn.ts'
import { count } from './kinds/count.ts'
import { latest } from './kinds/latest.ts'
import { mean } from './kinds/mean.ts'
import { openItems } from './kinds/open-items.ts'
import { perUser } from './kinds/per-user.ts'
import { percentile } from './kinds/percentile.ts'
import { ratio } from './kinds/ratio.ts'
import { retention } from './kinds/retention.ts'
import { segments } from './kinds/segments.ts'
import { share } from './kinds/share.ts'
import { sum } from './kinds/sum.ts'
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
])

/** How further events move the metric's value; undefined where they may move it either way. */
export const trendOf = (metric: { readonly kind: string } | undefined): KindTraits['trend'] => metricKinds.get(metric?.kind ?? '')?.trend
