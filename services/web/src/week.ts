import { useLive } from './api/live.ts'
import type { SeriesPoint } from './api/types.ts'
import { useWeeks } from './figure.ts'
import { DAY_MS, dayOf } from './period.ts'
import { useParameter } from './router.tsx'

export interface Week {
  /** 1 is the launch week. */
  readonly number: number
  readonly from: string
  readonly to: string
  readonly running: boolean
}

export interface WeekChoice {
  readonly weeks: readonly Week[]
  readonly chosen: Week
  choose(week: Week): void
}

/** The week that the dashboard shows: the one in the address, else the newest with at least a day of data. */
export function useWeekChoice(metric: string, launch: string, zone: string): WeekChoice | null {
  const { data } = useWeeks({ metric, where: {} })
  const live = useLive(metric)
  const [asked, ask] = useParameter('week')
  if (!data) return null
  const weeks = weeksOf(data, launch, zone)
  const last = weeks.at(-1)
  if (!last) return null
  // On the first day of a week the dashboard still shows the previous week.
  const now = live ? Math.max(Date.parse(live.current.from), Date.now()) : Date.now()
  const settled = last.running && now - Date.parse(last.from) < DAY_MS ? (weeks.at(-2) ?? last) : last
  return {
    weeks,
    chosen: weeks.find(week => String(week.number) === asked) ?? settled,
    choose: week => ask(week === settled ? null : String(week.number)),
  }
}

function weeksOf(points: readonly SeriesPoint[], launch: string, zone: string): readonly Week[] {
  return points.map(point => {
    const days = (Date.parse(dayOf(Date.parse(point.from), zone)) - Date.parse(launch)) / DAY_MS
    return { number: Math.floor(days / 7) + 1, from: point.from, to: point.to, running: Date.parse(point.to) > Date.now() }
  })
}
