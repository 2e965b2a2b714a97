import { useWidth } from './use-width.ts'

interface SparkLineProps {
  readonly values: readonly (number | null)[]
  readonly targets: readonly (number | undefined)[]
  /** The place of the value that is spoken of. */
  readonly current: number
}

const HEIGHT = 40
const PAD = 5

/** The trend beside a figure: values as a line, targets dashed. The figures themselves stand in words beside it. */
export function SparkLine({ values, targets, current }: SparkLineProps) {
  const [element, width] = useWidth()
  const numbers = [...values, ...targets].filter(value => typeof value === 'number')
  const top = Math.max(...numbers)
  const bottom = Math.min(...numbers)
  // A line magnifies nothing: less than a tenth of the value is a small step.
  const slack = Math.max(0, Math.abs(top) / 10 - (top - bottom)) / 2
  const low = bottom - slack
  const high = top + slack
  const x = (place: number) => PAD + (place * (width - 2 * PAD)) / Math.max(1, values.length - 1)
  const y = (value: number) => HEIGHT - PAD - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * PAD)
  const now = values[current]
  return (
    <div className="spark" ref={element} aria-hidden="true">
      {width > 0 && numbers.length > 0 && (
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <path className="spark-target" d={path(targets, x, y)} />
          <path className="spark-value" d={path(values, x, y)} />
          {typeof now === 'number' && <circle className="spark-now" cx={x(current)} cy={y(now)} r={4} />}
        </svg>
      )}
    </div>
  )
}

/** A line through the numbers, broken where there is none. */
export function path(values: readonly (number | null | undefined)[], x: (place: number) => number, y: (value: number) => number): string {
  let pen = 'M'
  let drawn = ''
  values.forEach((value, place) => {
    if (typeof value !== 'number') {
      pen = 'M'
      return
    }
    drawn += `${pen}${x(place).toFixed(1)} ${y(value).toFixed(1)}`
    pen = 'L'
  })
  return drawn
}
