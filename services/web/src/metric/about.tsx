import type { ReactNode } from 'react'
import type { Definition } from '../api/types.ts'
import { Panel } from '../components/panel.tsx'
import { useProduct } from '../context.ts'
import { formatDate, formatValue, humanize } from '../format.ts'

const LEVELS = { north_star: 'North star', kpi: 'Key performance indicator', supporting: 'Supporting metric' } as const

export function About({ definition }: { readonly definition: Definition }) {
  const { launch } = useProduct()
  const { why, owner, level, indicator, goal, unit, kind, name } = definition
  return (
    <Panel title="About this metric" width="half">
      <dl className="facts">
        {why && <Fact name="Why it matters">{why}</Fact>}
        {owner && <Fact name="Owner">{owner}</Fact>}
        <Fact name="Level">
          {LEVELS[level]}
          {indicator && `, ${indicator} indicator`}
        </Fact>
        {goal && (
          <Fact name="Goal">
            {formatValue(goal.value, unit)}
            {goal.date > launch && ` by ${formatDate(`${goal.date}T12:00:00Z`, 'UTC')}`}
          </Fact>
        )}
        <Fact name="API name">
          <code>{name}</code> ({humanize(kind).toLowerCase()}
          {definition.public ? ', public' : ''})
        </Fact>
      </dl>
    </Panel>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
