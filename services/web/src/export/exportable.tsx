import { type Cell, csvOf } from '@northstar/http-api/csv'
import { type ReactNode, useRef } from 'react'
import { download } from './download.ts'

interface ExportableProps {
  /** Name of the files, without an ending. */
  readonly file: string
  /** The subject of the chart or table, which tells its buttons from those of others on the page. */
  readonly title: string
  /** Head and rows of the CSV, with unformatted values. */
  readonly rows: () => readonly (readonly Cell[])[]
  /** Controls before the buttons. */
  readonly before?: ReactNode
  /** Remarks after the buttons. */
  readonly after?: ReactNode
  readonly children: ReactNode
}

/** A chart or a table with buttons that save it: its values as CSV, its picture as PNG. */
export function Exportable({ file, title, rows, before, after, children }: ExportableProps) {
  const shown = useRef<HTMLDivElement>(null)
  const savePng = async () => {
    // Only an export needs the code that draws.
    const { pngOf } = await import('./png.ts')
    const image = shown.current && (await pngOf(shown.current, title))
    if (image) download(`${file}.png`, image)
  }
  return (
    <div className="exportable">
      <div ref={shown}>{children}</div>
      <div className="cluster below-chart">
        {before}
        <button
          type="button"
          className="button button-small"
          aria-label={`Export CSV: ${title}`}
          onClick={() => download(`${file}.csv`, new Blob([csvOf(rows())], { type: 'text/csv' }))}
        >
          Export CSV
        </button>
        <button type="button" className="button button-small" aria-label={`Export PNG: ${title}`} onClick={() => void savePng()}>
          Export PNG
        </button>
        {after}
      </div>
    </div>
  )
}
