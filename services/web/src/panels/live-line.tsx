import type { DashboardFigure } from '../api/types.ts'
import { useProduct } from '../context.ts'
import { useWeeks } from '../figure.ts'
import { formatValue } from '../format.ts'
import { soFarText } from '../period.ts'
import type { Week } from '../week.ts'

interface LiveLineProps {
  readonly figure: DashboardFigure
  readonly chosen: Week
  readonly weeks: readonly Week[]
}

/** The value of the running week, shown while an older week is selected. */
export function LiveLine({ figure, chosen, weeks }: LiveLineProps) {
  const { metrics } = useProduct()
  const { data } = useWeeks(figure)
  const definition = metrics.get(figure.metric)
  const running = weeks.findLast(week => week.running)
  if (!definition || !running || chosen.from === running.from) return null
  const point = data?.find(({ from }) => from === running.from)
  if (!point) return null
  return (
    <p className="cluster live-line">
      <span className="live-dot" aria-hidden="true" />
      Week {running.number}, {soFarText(point)} <strong>{formatValue(point.value, definition.unit)}</strong>
    </p>
  )
}
