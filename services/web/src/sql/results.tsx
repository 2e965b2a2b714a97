import { useMemo, useState } from 'react'
import { type ApiError, apiErrorOf, apiFile } from '../api/client.ts'
import { Chart } from '../charts/chart.tsx'
import { ErrorMessage, Panel } from '../components/panel.tsx'
import { Segments } from '../components/segments.tsx'
import { Table } from '../components/table.tsx'
import { download } from '../export/download.ts'
import { Exportable } from '../export/exportable.tsx'
import { formatCounted } from '../format.ts'
import { cellsOf, chartOf, isNumeric, type SqlResult } from './result.ts'

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
  const chart = useMemo(() => chartOf(result), [result])
  const saveParquet = async () => {
    setProblem(undefined)
    try {
      download('result.parquet', await apiFile('/v1/sql', { method: 'POST', body: { sql, format: 'parquet' } }))
    } catch (error) {
      setProblem(apiErrorOf(error))
    }
  }
  const counted = formatCounted(cells.length, 'row')
  return (
    <Panel
      title="Result"
      aside={<Segments name="result-view" label="Show as" options={VIEWS} value={view} onChange={chosen => setView(chosen as View)} />}
    >
      <p className="quiet" role="status">
        {counted} in {seconds.toFixed(1)} s{cells.length > SHOWN_ROWS && view === 'table' && `; the first ${SHOWN_ROWS} are shown`}
        {view === 'chart' && 'series' in chart && chart.caption && `; the chart shows ${chart.caption}`}
      </p>
      <Exportable
        file="result"
        title="Result"
        rows={() => [result.meta.map(({ name }) => name), ...cells]}
        after={
          <button type="button" className="button button-small" onClick={() => void saveParquet()}>
            Export Parquet
          </button>
        }
      >
        {view === 'table' ? (
          <ResultTable result={result} cells={cells.slice(0, SHOWN_ROWS)} />
        ) : 'series' in chart ? (
          <Chart series={chart.series} unit="number" title="Result" />
        ) : (
          <p className="quiet">{chart.problem}</p>
        )}
      </Exportable>
      {problem && <ErrorMessage error={problem} />}
    </Panel>
  )
}

function ResultTable({ result, cells }: { readonly result: SqlResult; readonly cells: ReturnType<typeof cellsOf> }) {
  const columns = result.meta.map(column => ({ title: column.name, isNumber: isNumeric(column), hint: column.type }))
  return (
    <Table label="Rows" frame="sql-rows" columns={columns}>
      {cells.map((row, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity
        <tr key={line}>
          {row.map((cell, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: as the columns
            <td key={index} className={columns[index]?.isNumber ? 'number' : undefined}>
              {cell === null ? <span className="quiet">null</span> : String(cell)}
            </td>
          ))}
        </tr>
      ))}
    </Table>
  )
}
