import type { MetricAnswer } from '../api/types.ts'
import { useProduct } from '../context.ts'
import { formatTime } from '../format.ts'

/** Since when a collected figure is unknown, with the reason; empty while its collector is up to date. */
export function UnknownLine({ unknown }: { readonly unknown: MetricAnswer['unknown'] }) {
  const { zone } = useProduct()
  if (!unknown) return null
  return (
    <p className="quiet unknown-line">
      Unknown{unknown.since !== null && ` since ${formatTime(unknown.since, zone)}`}: {unknown.reason}
    </p>
  )
}
