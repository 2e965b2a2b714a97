import type { ComparedMetric, ReleaseAnswer } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { useProduct } from '../context.ts'
import { formatValue } from '../format.ts'
import { ageText, memberText } from './release-text.ts'
import { ReleaseVerdict } from './release-verdict.tsx'

/** The overall verdict, with the metrics that got worse or better. */
export function SummaryPanel({ release }: { readonly release: ReleaseAnswer }) {
  const { version, against, age_days, metrics } = release
  if (against === null)
    return (
      <Panel title="Verdict" width="half">
        <p>{version} is the first release; there is no earlier one to compare it with.</p>
      </Panel>
    )
  const of = (verdict: ComparedMetric['verdict']) => metrics.filter(one => one.verdict === verdict)
  const [worse, better] = [of('worse'), of('better')]
  const judged = worse.length + better.length + of('no_difference').length
  const verdict = worse.length > 0 ? 'worse' : better.length > 0 ? 'better' : judged > 0 ? 'no_difference' : 'not_enough_data'
  return (
    <Panel title="Verdict" width="half">
      <p className="cluster release-verdict">
        <ReleaseVerdict verdict={verdict} /> compared with {against}, both at the age of {ageText(age_days)}
      </p>
      <Changes title="Worse" metrics={worse} />
      <Changes title="Better" metrics={better} />
      {judged < metrics.length && (
        <p className="quiet">
          {metrics.length - judged} of {metrics.length} comparisons do not have enough data yet.
        </p>
      )}
    </Panel>
  )
}

function Changes({ title, metrics }: { readonly title: string; readonly metrics: readonly ComparedMetric[] }) {
  const { metrics: definitions } = useProduct()
  const names = [...new Set(metrics.map(({ metric }) => metric))]
  if (names.length === 0) return null
  return (
    <>
      <h3>{title}</h3>
      <ul className="release-changes">
        {names.map(name => {
          const unit = definitions.get(name)?.unit ?? 'number'
          const values = (of: ComparedMetric) => `${formatValue(of.against.value, unit)} → ${formatValue(of.value, unit)}`
          const [whole, ...members] = [
            ...metrics.filter(one => one.metric === name && !one.by),
            ...metrics.filter(one => one.metric === name && one.by),
          ]
          const parts = whole?.by ? [whole, ...members] : members
          return (
            <li key={name}>
              <strong>{definitions.get(name)?.title ?? name}</strong>
              {whole && !whole.by && ` ${values(whole)}`}
              {parts.length > 0 && `${whole?.by ? ' ' : '; '}on ${parts.map(one => `${memberText(one)} ${values(one)}`).join(', ')}`}
            </li>
          )
        })}
      </ul>
    </>
  )
}
