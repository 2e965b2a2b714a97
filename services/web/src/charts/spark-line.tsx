import { useWidth } from './use-width.ts'

interface SparkLineProps {
  readonly values: readonly (number | null)[]
  readonly targets: readonly (number | undefined)[]
  /** The index of the marked value. */
  readonly current: number
}

const HEIGHT = 40
const PAD = 5

/** The trend beside a figure: values as a line, targets dashed. Hidden from assistive technology: the figure has the text. */
export function SparkLine({ values, targets, current }: SparkLineProps) {
  const [element, width] = useWidth()
  const numbers = [...values, ...targets].filter(value => typeof value === 'number')
  const top = Math.max(...numbers)
  const bottom = Math.min(...numbers)
  // Small changes look small: the axis spans at least a tenth of the value.
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

/** An SVG path through the values, interrupted at gaps. */
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
