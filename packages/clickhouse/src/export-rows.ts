import type { ClickHouseSettings } from '@clickhouse/client'
import type { Engine } from './engine.ts'
import { queryFailure } from './failures.ts'
import { parseRows } from './json-rows.ts'
import { EXPORT_FORMATS, type ExportOptions, QueryFailed, WarehouseUnavailable } from './port.ts'
import { DEFAULT_TIMEOUT_MS, GRACE_MS } from './run-query.ts'
import { identifier, literal } from './statements.ts'

/** Limits of an ad-hoc statement, so that inserts and metrics continue meanwhile. */
const EXPORT_LIMITS: ClickHouseSettings = {
  max_result_bytes: String(256 * 1024 ** 2),
  max_memory_usage: String(512 * 1024 ** 2),
  // Keeps the order of a subquery.
  query_plan_remove_redundant_sorting: 0,
}

/** Types without an equivalent in Parquet. */
const PARQUET_LACKS = /\b(?:Nothing|Interval\w+|AggregateFunction|Dynamic|Variant|JSON)\b/

type ExportEngine = Pick<Engine, 'client' | 'analyst' | 'runIsolated'>

/** Runs a checked ad-hoc statement and returns its rows in the requested format. */
export async function exportRows(engine: ExportEngine, statement: string, options: ExportOptions): Promise<Uint8Array> {
  const isTable = !/^(?:SHOW|DESCRIBE)\b/i.test(statement)
  if (isTable && options.format === 'csv') return asCsv(engine, statement, options)
  const readable = isTable && options.format === 'parquet' ? await castForParquet(engine, statement, options) : statement
  return execute(engine, `${readable}\nFORMAT ${EXPORT_FORMATS[options.format]}`, options)
}

async function columnsOf(engine: ExportEngine, statement: string, options: ExportOptions) {
  const described = await execute(engine, `DESCRIBE TABLE (\n${statement}\n) FORMAT JSONEachRow`, options)
  return parseRows<{ name: string; type: string }>(Buffer.from(described).toString())
}

const NUMBER = /^(?:LowCardinality\()?(?:Nullable\()?(?:U?Int|Float|BFloat|Decimal|Bool)/
/** A spreadsheet runs a text that begins so as a formula. */
const FORMULA = literal('^\\s*[=+\\-@\\t\\r\\n＝＋－＠]')
/** Controls of a terminal and of the direction of writing, except tabs and ends of lines. */
const CONTROLS = literal(
  '[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x{9f}\\x{61c}\\x{200e}\\x{200f}\\x{2028}-\\x{202e}\\x{2066}-\\x{2069}\\x{feff}]',
)

/**
 * CSV as the page and the command line write it, made by the engine: null is empty and an empty text is `""`, and no text is a formula. A
 * control character is the replacement character. ClickHouse's own CSV has formulas, and null as \N.
 */
async function asCsv(engine: ExportEngine, statement: string, options: ExportOptions): Promise<Uint8Array> {
  const columns = await columnsOf(engine, statement, options)
  const cells = columns.map(({ name, type }) => {
    const value = PARQUET_LACKS.test(type) ? asText(name) : `toString(${identifier(name)})`
    if (NUMBER.test(type)) return `ifNull(${value}, '')`
    const text = `replaceRegexpAll(${value}, ${CONTROLS}, '\ufffd')`
    const safe = `if(match(${text}, ${FORMULA}), concat('\\'', ${text}), ${text})`
    return `ifNull(concat('"', replaceAll(${safe}, '"', '""'), '"'), '')`
  })
  const lines = await execute(
    engine,
    `SELECT arrayStringConcat([${cells.join(', ')}], ',') FROM (\n${statement}\n)\nFORMAT TSVRaw`,
    options,
  )
  const head = columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(',')
  return Buffer.concat([Buffer.from(`${head}\n`), lines])
}

const asText = (name: string) => `CAST(${identifier(name)}, 'Nullable(String)')`

/** Casts columns without a Parquet type, such as NULL, to text. */
async function castForParquet(engine: ExportEngine, statement: string, options: ExportOptions): Promise<string> {
  const columns = await columnsOf(engine, statement, options)
  const replaced = columns.flatMap(({ name, type }) => (PARQUET_LACKS.test(type) ? [`${asText(name)} AS ${identifier(name)}`] : []))
  return replaced.length === 0 ? statement : `SELECT * REPLACE (${replaced.join(', ')}) FROM (\n${statement}\n)`
}

async function execute(engine: ExportEngine, query: string, options: ExportOptions): Promise<Uint8Array> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, maxRows = 100_000, signal } = options
  const settings: ClickHouseSettings = {
    // A read-only account may change only these settings.
    ...(engine.analyst ? {} : { ...EXPORT_LIMITS, readonly: '1' }),
    max_execution_time: timeoutMs / 1000,
    max_result_rows: String(maxRows),
    result_overflow_mode: 'throw',
    output_format_json_quote_64bit_integers: 1,
    output_format_json_quote_denormals: 1,
  }
  try {
    if (engine.runIsolated) return await engine.runIsolated(query, settings, { timeoutMs, signal })
    const { stream } = await (engine.analyst ?? engine.client).exec({
      query,
      clickhouse_settings: {
        ...settings,
        wait_end_of_query: 1,
        ...(!engine.analyst && { cancel_http_readonly_queries_on_client_close: 1 }),
      },
      abort_signal: AbortSignal.any([AbortSignal.timeout(timeoutMs + GRACE_MS), ...(signal ? [signal] : [])]),
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of stream) chunks.push(chunk as Uint8Array)
    return Buffer.concat(chunks)
  } catch (error) {
    if (error instanceof QueryFailed || error instanceof WarehouseUnavailable) throw error
    throw queryFailure(error)
  }
}
