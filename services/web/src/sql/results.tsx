import { lazy, Suspense, useMemo, useState } from 'react'
import { ApiError, apiFile } from '../api/client.ts'
import { ErrorMessage, Panel, Skeleton } from '../components/panel.tsx'
import { Segments } from '../components/segments.tsx'
import { csvOf } from '../export/csv.ts'
import { download } from '../export/download.ts'
import { formatCount } from '../format.ts'
import { cellsOf, isNumeric, type SqlResult, seriesOfResult } from './result.ts'

const MetricChart = lazy(async () => ({ default: (await import('../charts/metric-chart.tsx')).MetricChart }))

/** Rows of the table; the files have all. */
const SHOWN_ROWS = 500
const VIEWS = [
  ['table', 'Table'],
  ['chart', 'Chart'],
] as const
type View = (typeof VIEWS)[number][0]

interface ResultsProps {
  /** The statement that was run. */
  readonly sql: string
  readonly result: SqlResult
  readonly seconds: number
}

/** Rows of a statement as table or chart, and as files. */
export function Results({ sql, result, seconds }: ResultsProps) {
  const [view, setView] = useState<View>('table')
  const [problem, setProblem] = useState<ApiError>()
  const cells = useMemo(() => cellsOf(result), [result])
  const series = useMemo(() => seriesOfResult(result), [result])
  const saveParquet = async () => {
    setProblem(undefined)
    try {
      download('result.parquet', await apiFile('/v1/sql', { method: 'POST', body: { sql, format: 'parquet' } }))
    } catch (error) {
      setProblem(error instanceof ApiError ? error : new ApiError(0, String(error)))
    }
  }
  const csv = () => csvOf([result.meta.map(({ name }) => name), ...cells])
  const counted = `${formatCount(cells.length)} ${cells.length === 1 ? 'row' : 'rows'}`
  return (
    <Panel
      title="Result"
      aside={<Segments name="result-view" label="Show as" options={VIEWS} value={view} onChange={chosen => setView(chosen as View)} />}
    >
      <p className="quiet" role="status">
        {counted} in {seconds.toFixed(1)} s{cells.length > SHOWN_ROWS && view === 'table' && `; the first ${SHOWN_ROWS} are shown`}
      </p>
      {view === 'table' ? (
        <ResultTable result={result} cells={cells.slice(0, SHOWN_ROWS)} />
      ) : series ? (
        <Suspense fallback={<Skeleton tall lines={2} />}>
          <MetricChart series={series} unit="number" title="Result" />
        </Suspense>
      ) : (
        <p className="quiet">A chart needs a column of numbers beside the first column.</p>
      )}
      <div className="below-chart">
        <button
          type="button"
          className="button button-small"
          onClick={() => download('result.csv', new Blob([csv()], { type: 'text/csv' }))}
        >
          Export CSV
        </button>
        <button type="button" className="button button-small" onClick={() => void saveParquet()}>
          Export Parquet
        </button>
      </div>
      {problem && <ErrorMessage error={problem} />}
    </Panel>
  )
}

function ResultTable({ result, cells }: { readonly result: SqlResult; readonly cells: ReturnType<typeof cellsOf> }) {
  const align = result.meta.map(column => (isNumeric(column) ? 'number' : undefined))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="table-frame sql-rows" tabIndex={0} aria-label="Rows">
      <table className="table">
        <thead>
          <tr>
            {result.meta.map(({ name, type }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: names of columns may repeat
              <th key={index} scope="col" className={align[index]} title={type}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cells.map((row, line) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity
            <tr key={line}>
              {row.map((cell, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: as the header
                <td key={index} className={align[index]}>
                  {cell === null ? <span className="quiet">null</span> : String(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
