import type { Picture } from './picture.ts'

/** Rows that a picture has; the CSV has all. */
const MAX_ROWS = 200
const MAX_COLUMN = 480
const PADDING = 12
const LINE = 30

interface PicturedCell {
  readonly text: string
  readonly isHead: boolean
  readonly isNumber: boolean
  readonly background: string
}

/** A table as it can be drawn on a canvas: a line a row, columns as wide as their texts. */
export function pictureOfTable(table: HTMLTableElement, measure: CanvasRenderingContext2D): Picture {
  const { fontFamily, color } = getComputedStyle(table)
  const line = getComputedStyle(document.documentElement).getPropertyValue('--line')
  const rows = [...table.rows].slice(0, MAX_ROWS + 1).map(row => [...row.cells].map(pictured))
  const more = table.rows.length - rows.length
  const fontOf = ({ isHead }: Pick<PicturedCell, 'isHead'>) => `${isHead ? 600 : 400} 13px ${fontFamily}`
  const textWidth = (cell: PicturedCell) => {
    measure.font = fontOf(cell)
    return Math.min(MAX_COLUMN, measure.measureText(cell.text).width)
  }
  const columns = Math.max(0, ...rows.map(row => row.length))
  const widths = Array.from(
    { length: columns },
    (_, column) => 2 * PADDING + Math.max(0, ...rows.map(row => (row[column] ? textWidth(row[column]) : 0))),
  )
  const width = Math.ceil(widths.reduce((sum, one) => sum + one, 0)) + 2 * PADDING
  return {
    width,
    height: (rows.length + (more > 0 ? 1 : 0)) * LINE + 2 * PADDING,
    draw(context) {
      context.textBaseline = 'middle'
      rows.forEach((row, index) => {
        const top = PADDING + index * LINE
        let left = PADDING
        row.forEach((cell, column) => {
          const cellWidth = widths[column] ?? 0
          context.fillStyle = cell.background
          context.fillRect(left, top, cellWidth, LINE)
          context.fillStyle = color
          context.font = fontOf(cell)
          context.textAlign = cell.isNumber ? 'right' : 'left'
          context.fillText(cell.text, cell.isNumber ? left + cellWidth - PADDING : left + PADDING, top + LINE / 2, cellWidth - 2 * PADDING)
          left += cellWidth
        })
        context.fillStyle = line
        context.fillRect(PADDING, top + LINE - 1, width - 2 * PADDING, 1)
      })
      if (more <= 0) return
      context.fillStyle = color
      context.textAlign = 'left'
      context.fillText(`and ${more} more rows`, 2 * PADDING, PADDING + rows.length * LINE + LINE / 2)
    },
  }
}

function pictured(cell: HTMLTableCellElement): PicturedCell {
  const seen = cell.cloneNode(true) as HTMLTableCellElement
  for (const hidden of seen.querySelectorAll('.sr-only')) hidden.remove()
  const { backgroundColor, textAlign } = getComputedStyle(cell)
  return {
    text: (seen.textContent ?? '').replace(/\s+/g, ' ').trim(),
    isHead: cell.tagName === 'TH',
    isNumber: textAlign === 'end' || textAlign === 'right',
    background: backgroundColor,
  }
}
