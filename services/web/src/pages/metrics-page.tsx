import type { Definition } from '../api/types.ts'
import { useProduct } from '../context.ts'
import { Link } from '../router.tsx'

const LEVELS = [
  ['north_star', 'North star'],
  ['kpi', 'Key performance indicators'],
  ['supporting', 'Supporting metrics'],
] as const

export function MetricsPage() {
  const { metrics } = useProduct()
  return (
    <>
      <header className="page-head">
        <h1>All metrics</h1>
      </header>
      {LEVELS.map(([level, title]) => (
        <MetricList key={level} title={title} metrics={[...metrics.values()].filter(metric => metric.level === level)} />
      ))}
    </>
  )
}

function MetricList({ title, metrics }: { readonly title: string; readonly metrics: readonly Definition[] }) {
  if (metrics.length === 0) return null
  return (
    <section className="metric-list">
      <h2>{title}</h2>
      <ul>
        {metrics.map(metric => (
          <li key={metric.name} className="panel">
            <h3>
              <Link className="panel-link" href={`/metrics/${metric.name}`}>
                {metric.title}
              </Link>
            </h3>
            <p>{metric.description}</p>
            <p className="quiet">{[metric.owner, metric.indicator, metric.public ? 'public' : undefined].filter(Boolean).join(' · ')}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}
