import { PageHead } from '../components/page-head.tsx'
import { Panel } from '../components/panel.tsx'
import { useProduct } from '../context.ts'
import { Cohorts } from '../metric/cohorts.tsx'
import { useQuestion } from '../metric/question.ts'

export function RetentionPage() {
  const { metrics } = useProduct()
  const [question, change] = useQuestion()
  const cohorts = [...metrics.values()].filter(({ shape }) => shape === 'cohorts')
  return (
    <>
      <PageHead
        title="Retention"
        lead={`Each row is a cohort of users by their first ${question.period}; each column is the share that came back that many ${question.period}s later.`}
      />
      {cohorts.map(metric => (
        <Panel key={metric.name} title={metric.title}>
          <p className="quiet">{metric.description}</p>
          <Cohorts metric={metric} question={question} onChange={change} />
        </Panel>
      ))}
    </>
  )
}
