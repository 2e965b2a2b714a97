import { isAlone, linePath } from './line.ts'
import { useWidth } from './use-width.ts'

interface SparkPoint {
  readonly value: number | null
  readonly complete: boolean
  readonly target?: number | undefined
}

interface SparkLineProps {
  readonly points: readonly SparkPoint[]
  /** The index of the marked value. */
  readonly current: number
}

const HEIGHT = 40
const PAD = 5

/** A small trend: values as a line, targets dashed. Hidden from assistive technology, since the value next to it is text. */
export function SparkLine({ points, current }: SparkLineProps) {
  const [element, width] = useWidth()
  const { low, high } = scaleOf(points)
  const x = (index: number) => PAD + (index * (width - 2 * PAD)) / Math.max(1, points.length - 1)
  const y = (value: number) => HEIGHT - PAD - ((Math.min(high, Math.max(low, value)) - low) / (high - low || 1)) * (HEIGHT - 2 * PAD)
  const values = points.map(({ value, complete }) => (complete ? value : null))
  const targets = points.map(({ target }) => target)
  const marked = points[current]
  return (
    <div className="spark" ref={element} aria-hidden="true">
      {width > 0 && points.some(({ value }) => value !== null) && (
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <path className="spark-target" d={linePath(targets, x, y)} />
          <path className="spark-value" d={linePath(values, x, y)} />
          {values.map((value, index) =>
            typeof value === 'number' && isAlone(values, index) ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: the points of a trend do not move
              <circle key={index} className="spark-alone" cx={x(index)} cy={y(value)} r={2} />
            ) : null,
          )}
          {typeof marked?.value === 'number' && (
            <circle className={marked.complete ? 'spark-now' : 'spark-now spark-open'} cx={x(current)} cy={y(marked.value)} r={4} />
          )}
        </svg>
      )}
    </div>
  )
}

/** The range of complete values and targets. Small changes look small: it spans at least a tenth of the value. */
function scaleOf(points: readonly SparkPoint[]): { readonly low: number; readonly high: number } {
  const complete = points.filter(point => point.complete)
  const numbers = (complete.some(({ value }) => value !== null) ? complete : points)
    .flatMap(({ value, target }) => [value, target])
    .filter(value => typeof value === 'number')
  const top = Math.max(...numbers)
  const bottom = Math.min(...numbers)
  const slack = Math.max(0, Math.abs(top) / 10 - (top - bottom)) / 2
  return { low: bottom - slack, high: top + slack }
}
