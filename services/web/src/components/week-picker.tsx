import { useProduct } from '../context.ts'
import { formatSpan } from '../format.ts'
import { progressText } from '../period.ts'
import type { WeekChoice } from '../week.ts'
import { Icon } from './icon.tsx'

export function WeekPicker({ choice }: { readonly choice: WeekChoice | null }) {
  const { zone } = useProduct()
  if (!choice) return <div className="week-picker" />
  const { weeks, chosen, choose } = choice
  const index = weeks.indexOf(chosen)
  const step = (by: number, name: string, icon: 'left' | 'right') => {
    const week = weeks[index + by]
    return (
      <button type="button" className="icon-button" aria-label={name} disabled={!week} onClick={() => week && choose(week)}>
        <Icon name={icon} />
      </button>
    )
  }
  return (
    <div className="week-picker">
      {step(-1, 'Previous week', 'left')}
      <p aria-live="polite">
        <strong>Week {chosen.number}</strong>
        <span>
          {formatSpan(chosen.from, chosen.to, zone)}
          {chosen.running && ` · so far, ${progressText(chosen)}`}
        </span>
      </p>
      {step(1, 'Next week', 'right')}
    </div>
  )
}
