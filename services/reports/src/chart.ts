import type { Chart } from '@northstar/notifications'
import { Resvg } from '@resvg/resvg-js'
import { formatValue } from './format.ts'
import type { Figure } from './report.ts'

const WIDTH = 520
const HEIGHT = 96
const GAP = 6
/** The image has this many pixels for each CSS pixel, for dense screens. */
const SCALE = 2
/** Minimum number of bars for which a chart has room, so that a few bars are not too wide. */
const MIN_BARS = 6

/** Draws the last periods of a figure as bars, the reported one darker. Returns null if fewer than two were measured. */
export function chartOf(figure: Figure): Chart | null {
  // Periods before the first event are left out.
  const course = (figure.course ?? []).slice(Math.max(0, figure.course?.findIndex(value => value) ?? 0))
  const measured = course.filter((value): value is number => value !== null)
  const highest = Math.max(...measured)
  if (measured.length < 2 || highest <= 0) return null
  const period = figure.period.replace('_', ' ')
  const words = course.map(value => (value === null ? 'none' : formatValue(value, figure.unit)))
  return {
    title: figure.title,
    caption: `by ${period}, up to ${formatValue(highest, figure.unit)}`,
    description: `${figure.title}, by ${period}, oldest first: ${words.join(', ')}`,
    png: new Resvg(svgOf(course, highest), {
      fitTo: { mode: 'width', value: WIDTH * SCALE },
      font: { loadSystemFonts: false },
    })
      .render()
      .asPng(),
    width: WIDTH,
    height: HEIGHT,
  }
}

/** The bars are on a white background, so that they are visible in a dark colour scheme too. */
function svgOf(course: readonly (number | null)[], highest: number): string {
  const width = (WIDTH - GAP) / Math.max(MIN_BARS, course.length) - GAP
  const bars = course.map((value, i) => {
    if (value === null) return ''
    const height = Math.max(1, (Math.max(0, value) / highest) * (HEIGHT - 2 * GAP))
    const x = GAP + i * (width + GAP)
    return `<rect x="${x}" y="${HEIGHT - GAP - height}" width="${width}" height="${height}" rx="2" fill="${i === course.length - 1 ? '#175cd3' : '#84caff'}" />`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}"><rect width="100%" height="100%" rx="8" fill="#ffffff" />${bars.join('')}</svg>`
}
