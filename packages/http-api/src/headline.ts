import type { Definition, SeriesPoint } from './metrics.ts'

/**
 * The points of a metric that lists and status show: of a metric with several points for each period those of its headline, else all.
 * The page bundles this module, so it must import nothing.
 */
export function headlinePoints<P extends Pick<SeriesPoint, 'by'>>(
  { segments, headline }: Pick<Definition, 'segments' | 'headline'>,
  points: readonly P[],
): readonly P[] {
  if (!headline) return points
  return points.filter(point =>
    'offset' in headline ? 'offset' in point && point.offset === headline.offset : point.by?.[segments ?? ''] === headline.member,
  )
}
