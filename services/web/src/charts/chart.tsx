import { type ComponentProps, lazy, Suspense } from 'react'
import { Skeleton } from '../components/panel.tsx'

const MetricChart = lazy(async () => ({ default: (await import('./metric-chart.tsx')).MetricChart }))

/** A chart over time. Its library is loaded with the first chart, so that the overview does without it. */
export function Chart(props: ComponentProps<typeof MetricChart>) {
  return (
    <Suspense fallback={<ChartSkeleton />}>
      <MetricChart {...props} />
    </Suspense>
  )
}

export function ChartSkeleton() {
  return (
    <div className="chart">
      <Skeleton tall lines={2} />
    </div>
  )
}
