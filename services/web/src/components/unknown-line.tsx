import type { MetricAnswer } from '../api/types.ts'
import { useProduct } from '../context.ts'
import { formatTime } from '../format.ts'

/** Says of a collected figure since when it is not known, and why; nothing while its collector is in time. */
export function UnknownLine({ unknown }: { readonly unknown: MetricAnswer['unknown'] }) {
  const { zone } = useProduct()
  if (!unknown) return null
  return (
    <p className="quiet unknown-line">
      Unknown{unknown.since !== null && ` since ${formatTime(unknown.since, zone)}`}: {unknown.reason}
    </p>
  )
}
