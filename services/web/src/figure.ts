import { headlinePoints } from '@northstar/http-api/headline'
import { useLive } from './api/live.ts'
import { type Loaded, useData } from './api/store.ts'
import type { DashboardFigure, Definition, LiveMetric, MetricAnswer, SeriesPoint } from './api/types.ts'
import { useProduct } from './context.ts'
import { memberOf } from './members.ts'

type Figure = Pick<DashboardFigure, 'metric' | 'where' | 'offset'>

const pathOf = ({ metric, where }: Figure, more: Readonly<Record<string, string>>) => {
  const filters = Object.entries(where ?? {}).map(([property, value]) => [`where.${property}`, value])
  return `/v1/metrics/${metric}?${new URLSearchParams({ period: 'week', ...more, ...Object.fromEntries(filters) })}`
}

/** The live point with the figure's filter; undefined where the counters do not hold it. */
function liveOf(live: LiveMetric | undefined, { where }: Figure): SeriesPoint | undefined {
  const filters = Object.entries(where ?? {})
  const [filter] = filters
  if (!live || !filter) return live?.current
  const [property, value] = filter
  return filters.length > 1 ? undefined : live.by?.[property]?.find(point => String(point.by?.[property]) === value)
}

/** The question for a figure's values per week. Cohorts are compared with the ones before in the answer itself. */
const weeksPath = (figure: Figure, definition: Definition | undefined) =>
  pathOf(figure, definition?.shape === 'cohorts' ? {} : { compare: 'previous' })

/** A figure's values per week since the launch; the running week comes from the live counters where possible. */
export function useWeeks(figure: Figure): Loaded<readonly SeriesPoint[]> {
  const { metric, offset } = figure
  const definition = useProduct().metrics.get(metric)
  const loaded = useData<MetricAnswer>(weeksPath(figure, definition))
  const live = liveOf(useLive(figure.metric), figure)
  if (!loaded.data) return { ...loaded, data: undefined }
  const headline = offset === undefined ? definition?.headline : { offset }
  const points = headlinePoints({ ...definition, headline }, loaded.data.points)
  return { ...loaded, data: live ? withLive(points, [live]) : points }
}

/** The weeks of a list: those that are drawn, with the one that is running. */
const LISTED_MS = 13 * 7 * 86_400_000

/** A metric's values in the newest weeks. A list of many metrics asks for no older weeks and no compared ones, which cost as much as the values. */
export function useNewestWeeks(metric: Definition): Loaded<readonly SeriesPoint[]> {
  const { launch } = useProduct()
  const isOld = Date.now() - Date.parse(launch) > LISTED_MS
  const loaded = useData<MetricAnswer>(pathOf({ metric: metric.name, where: {} }, isOld ? { from: '-13w' } : {}))
  return { ...loaded, data: loaded.data && headlinePoints(metric, loaded.data.points) }
}

/** A metric's values by member in the last complete week and the running one. */
export function useNewestMembers(metric: Definition, by: string | undefined): Loaded<readonly SeriesPoint[]> {
  const loaded = useData<MetricAnswer>(by === undefined ? null : pathOf({ metric: metric.name, where: {} }, { by, from: '-7d' }))
  return { ...loaded, data: loaded.data?.points }
}

/** Why a figure's value is unknown; undefined if it is known. The live stream is preferred, since it is newer than the answer by week. */
export function useUnknown(figure: Figure): MetricAnswer['unknown'] {
  const definition = useProduct().metrics.get(figure.metric)
  const { data } = useData<MetricAnswer>(weeksPath(figure, definition))
  const live = useLive(figure.metric)
  return live ? live.unknown : data?.unknown
}

/** How often the value of the last 24 hours is read again, ms. */
const NOW_MS = 30_000

/** A figure's value over the last 24 hours. */
export function useLastDay(figure: Figure, wanted: boolean): SeriesPoint | undefined {
  const { data } = useData<MetricAnswer>(wanted ? pathOf(figure, { period: 'total', from: '-24h' }) : null, NOW_MS)
  return data?.points[0]
}

/** A figure's values per week and member of a property. */
export function useMembers(figure: Figure, by: string | undefined): Loaded<readonly SeriesPoint[]> {
  const loaded = useData<MetricAnswer>(by === undefined ? null : pathOf(figure, { by }))
  const live = useLive(figure.metric)?.by?.[by ?? '']
  // The counters and the warehouse may have different members beyond the limit.
  if (!loaded.data || !live || loaded.data.others || Object.keys(figure.where ?? {}).length > 0)
    return { ...loaded, data: loaded.data?.points }
  return { ...loaded, data: withLive(loaded.data.points, live) }
}

function withLive(points: readonly SeriesPoint[], live: readonly SeriesPoint[]): readonly SeriesPoint[] {
  const from = live[0]?.from
  const fresh = new Map(live.map(point => [memberOf(point), point]))
  const known = points.map(point => {
    const newer = point.from === from ? fresh.get(memberOf(point)) : undefined
    if (newer) fresh.delete(memberOf(point))
    return newer ? { ...newer, by: point.by, previous: point.previous } : point
  })
  // A new week or member may appear after the answer was read.
  return [...known, ...[...fresh.values()].filter(point => point.from >= (points.at(-1)?.from ?? ''))]
}

/** Weeks drawn in a small chart. */
const SHOWN = 12

/** The weeks to draw: the newest, or those up to an older selected week. */
export function drawnWeeks(points: readonly SeriesPoint[], from: string): readonly SeriesPoint[] {
  const chosen = points.findIndex(point => point.from === from)
  const end = chosen >= 0 && chosen < points.length - SHOWN ? chosen + 1 : points.length
  return points.slice(Math.max(0, end - SHOWN), end)
}

/** The value that a week is compared with: that of the previous week, or of its same days if the week is unfinished. */
export const comparedValue = (point: SeriesPoint | undefined, before: SeriesPoint | undefined): number | null | undefined =>
  point?.complete ? before?.value : point?.previous

/** A point's value; null where it is 0 for want of any data, as the number of open bugs without a source. */
export const knownValue = (point: SeriesPoint | undefined): number | null | undefined =>
  point?.sample === 0 && (point.target?.min_sample ?? 0) > 0 ? null : point?.value

/** The value of the week that begins at `from`, and the one before it. */
export function atWeek(points: readonly SeriesPoint[] | undefined, from: string): { point?: SeriesPoint; before?: SeriesPoint } {
  const index = points?.findIndex(point => point.from === from) ?? -1
  return { point: points?.[index], before: index > 0 ? points?.[index - 1] : undefined }
}
