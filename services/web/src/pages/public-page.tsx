import { useEffect } from 'react'
import { useData } from '../api/store.ts'
import type { PublicAnswer, Unit } from '../api/types.ts'
import { SparkLine } from '../charts/spark-line.tsx'
import { TrendChart } from '../charts/trend-chart.tsx'
import { Icon } from '../components/icon.tsx'
import { Panel } from '../components/panel.tsx'
import { Placeholder } from '../components/placeholder.tsx'
import { ChangeMark } from '../components/status.tsx'
import { ThemeButton } from '../components/theme-button.tsx'
import { formatSpan, formatValue } from '../format.ts'
import { propertyTitle, setTitles, valueTitle } from '../titles.ts'
import { changeOf } from '../verdict.ts'

const PATH = '/v1/public'
type PublicMetric = PublicAnswer['metrics'][number]
type PublicPoint = PublicMetric['points'][number]

/** Weeks drawn: half a year. */
const DRAWN = 26

/** Metrics that are visible without signing in. */
export function PublicPage() {
  const { data, error } = useData<PublicAnswer>(PATH)
  if (data) setTitles({ ...data.titles, rules: {} })
  useEffect(() => {
    if (data) document.title = `${data.product.title} metrics`
  }, [data])
  return (
    <>
      <header className="bar">
        <div className="bar-inner">
          <p className="brand">
            <span className="brand-star">
              <Icon name="star" size={18} />
            </span>
            <span>{data?.product.title ?? 'Northstar'}</span>
          </p>
          <div className="bar-tools">
            <ThemeButton />
          </div>
        </div>
      </header>
      <main id="content">
        <header className="page-head">
          <div>
            <h1>{data ? `${data.product.title} metrics` : 'Metrics'}</h1>
            <p className="lead">
              Weekly values, published a day after the week ends.
              {data && ` Values based on fewer than ${data.k} users or events are hidden.`}
            </p>
          </div>
        </header>
        {!data && <Placeholder data={data} error={error} path={PATH} tall lines={6} />}
        {data?.metrics.length === 0 && (
          <p className="panel">
            No public metrics. Set <code>public: true</code> on a metric in metrics.yaml to publish it.
          </p>
        )}
        <div className="grid">
          {data?.metrics.map(metric => (
            <PublicPanel key={metric.name} metric={metric} zone={data.product.timezone} />
          ))}
        </div>
      </main>
      <footer className="foot">
        {data && (
          <details>
            <summary>How privacy is protected</summary>
            <p>
              A value is shown only if it is based on at least {data.k} users, and so is each part that could be computed from it. Counts
              are rounded to multiples of 5 and ratios to whole percents. A published week never changes, so no two versions of it can be
              compared.
            </p>
            <p>
              Users are not verified to be people: events of invented users can be sent with a write key, up to its limit. The members of a
              group are hidden, not its existence. Figures without users, such as the stars of a repository, are exact.
            </p>
          </details>
        )}
        <p>
          Northstar · <a href={PATH}>JSON</a> · <a href="/">Sign in</a>
        </p>
      </footer>
    </>
  )
}

function PublicPanel({ metric, zone }: { readonly metric: PublicMetric; readonly zone: string }) {
  const { title, description, goal, points, level } = metric
  const unit = metric.unit as Unit
  const drawn = points.slice(-DRAWN)
  const shown = points.findLastIndex(({ value }) => value !== null)
  const latest = points[shown]
  const change = changeOf(latest?.value, points[shown - 1]?.value, unit)
  const northStar = level === 'north_star'
  const facts = latest ? (
    <>
      <div className="value-row">
        <p className={northStar ? 'hero-value' : 'value'}>{formatValue(latest.value, unit)}</p>
        {change && <ChangeMark change={change} {...(northStar && { since: 'from the previous week' })} />}
      </div>
      <p className="quiet">
        Week {latest.week}, {formatSpan(latest.from, latest.to, zone)}
      </p>
    </>
  ) : (
    <p className="quiet">Nothing published yet. A week is published a day after it ends.</p>
  )
  if (!northStar)
    return (
      <Panel title={title} width="third" className="value-panel">
        {facts}
        <SparkLine
          points={drawn.map(({ value }) => ({ value, complete: true }))}
          current={drawn.findLastIndex(({ value }) => value !== null)}
        />
        {latest?.by && <Members by={latest.by} unit={unit} />}
        <p className="quiet">{description}</p>
      </Panel>
    )
  return (
    <Panel title={title} className="hero">
      <div className="hero-body">
        <div className="hero-figure">
          {facts}
          <p className="lead">{description}</p>
        </div>
        {latest && (
          <TrendChart
            points={drawn.map(({ from, to, value }) => ({ from, to, value, complete: true, sample: 0, previous: null }))}
            unit={unit}
            zone={zone}
            title={title}
            file={metric.name}
            current={latest.from}
            firstWeek={drawn[0]?.week ?? 1}
            {...(goal && { goal: goal.value })}
          />
        )}
      </div>
    </Panel>
  )
}

function Members({ by, unit }: { readonly by: NonNullable<PublicPoint['by']>; readonly unit: Unit }) {
  return Object.entries(by).map(([property, members]) => (
    <div key={property} className="public-parts">
      <p className="quiet">{propertyTitle(property)}</p>
      <ul className="parts">
        {members.map(({ member, value, hidden }) => (
          <li key={member} className="part">
            {valueTitle(property, member)} <strong>{hidden ? 'hidden' : formatValue(value, unit)}</strong>
          </li>
        ))}
      </ul>
    </div>
  ))
}
