import { useData } from '../api/store.ts'
import type { Answer, Definition, routes } from '../api/types.ts'
import { CopyBlock } from '../components/copy-block.tsx'
import { PageHead } from '../components/page-head.tsx'
import { Panel } from '../components/panel.tsx'
import { useMay, useProduct } from '../context.ts'
import { About } from '../metric/about.tsx'
import { Cohorts } from '../metric/cohorts.tsx'
import { Controls } from '../metric/controls.tsx'
import { Latest } from '../metric/latest.tsx'
import { OverTime } from '../metric/over-time.tsx'
import { pathOf, type Question, useQuestion } from '../metric/question.ts'
import { Link } from '../router.tsx'
import { NotFoundPage } from './not-found-page.tsx'

export function MetricPage({ name }: { readonly name: string }) {
  const { metrics } = useProduct()
  const definition = metrics.get(name)
  return definition ? <MetricView definition={definition} /> : <NotFoundPage />
}

function MetricView({ definition }: { readonly definition: Definition }) {
  const [question, change] = useQuestion()
  return (
    <>
      <PageHead title={definition.title} lead={definition.description} parent={{ href: '/metrics', text: 'Metrics' }} />
      <div className="grid">
        {definition.shape === 'series' && <Latest definition={definition} />}
        <About definition={definition} />
        <Panel title="Over time">
          {definition.shape === 'cohorts' ? (
            <Cohorts metric={definition} question={question} onChange={change} />
          ) : (
            <>
              <Controls definition={definition} question={question} onChange={change} />
              <OverTime definition={definition} question={question} />
            </>
          )}
        </Panel>
        <Sql definition={definition} question={question} />
      </div>
    </>
  )
}

/** The metric's view, and the query behind the chart. */
function Sql({ definition: { name, by }, question }: { readonly definition: Definition; readonly question: Question }) {
  const mayQuery = useMay('analyst')
  const view = by.includes(question.by) ? `${name}_by_${question.by}` : name
  const statement = `SELECT *\nFROM metrics.${view}\nORDER BY week`
  const [resource, parameters] = pathOf(name, question).split('?')
  const { data } = useData<Answer<typeof routes.metrics.sql>>(`${resource}/sql?${parameters ?? ''}`)
  if (!data) return null
  return (
    <Panel title="SQL query">
      <CopyBlock text={statement} label="Copy the query of the view" />
      {mayQuery && (
        <p>
          <Link className="button button-small" href={`/sql?${new URLSearchParams({ q: statement })}`}>
            Open in the SQL console
          </Link>
        </p>
      )}
      <details>
        <summary>The query behind the chart</summary>
        <CopyBlock text={data.sql} label="Copy the query" />
      </details>
    </Panel>
  )
}
