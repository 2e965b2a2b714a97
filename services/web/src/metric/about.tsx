import type { Definition } from '../api/types.ts'
import { Fact, Facts } from '../components/facts.tsx'
import { Panel } from '../components/panel.tsx'
import { useProduct } from '../context.ts'
import { formatCalendarDate, formatValue, humanize } from '../format.ts'

const LEVELS = { north_star: 'North star', kpi: 'Key performance indicator', supporting: 'Supporting metric' } as const

export function About({ definition }: { readonly definition: Definition }) {
  const { launch } = useProduct()
  const { why, owner, level, indicator, goal, unit, kind, name } = definition
  return (
    <Panel title="About this metric" width="half">
      <Facts>
        {why && <Fact name="Why it matters">{why}</Fact>}
        {owner && <Fact name="Owner">{owner}</Fact>}
        <Fact name="Level">
          {LEVELS[level]}
          {indicator && `, ${indicator} indicator`}
        </Fact>
        {goal && (
          <Fact name="Goal">
            {formatValue(goal.value, unit)}
            {goal.date > launch && ` by ${formatCalendarDate(goal.date)}`}
          </Fact>
        )}
        <Fact name="API name">
          <code>{name}</code> ({humanize(kind).toLowerCase()}
          {definition.public ? ', public' : ''})
        </Fact>
      </Facts>
    </Panel>
  )
}
