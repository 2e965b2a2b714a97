import { writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { csvOf } from '@northstar/http-api/csv'
import { readSettings } from '@northstar/runtime'
import { Command, InvalidArgumentError, Option } from 'commander'
import { downloadApi } from '../api-client.ts'
import { wholeNumberAboveZero } from '../numbers.ts'
import { escapeJson, print, printCsv } from '../print.ts'
import { formatCsv, formatTable } from '../table.ts'

interface Options {
  format: 'table' | 'csv' | 'json' | 'parquet'
  json?: boolean
  output?: string
  maxRows: number
  timeout: number
}

/** An answer in ClickHouse's JSON format. */
interface Answer {
  readonly meta: readonly { readonly name: string; readonly type: string }[]
  readonly data: readonly Readonly<Record<string, unknown>>[]
}

export function sqlCommand(): Command {
  return new Command('sql')
    .description('Runs a read-only SQL statement on the warehouse, with limits on time and rows.')
    .argument('<statement>', 'the statement, or - for standard input')
    .addOption(new Option('--format <format>', 'output format').choices(['table', 'csv', 'json', 'parquet']).default('table'))
    .option('--json', 'same as --format json')
    .option('--output <file>', 'write to a file')
    .option('--max-rows <n>', 'maximum number of rows', wholeNumberAboveZero, 100_000)
    .option('--timeout <seconds>', 'time limit', wholeNumberAboveZero, 30)
    .action(async (statement: string, options: Options) => {
      const sql = statement === '-' ? await text(process.stdin) : statement
      const format = options.json ? 'json' : options.format
      if (format === 'parquet' && options.output === undefined && process.stdout.isTTY) {
        throw new InvalidArgumentError('Parquet is binary: choose a file with --output')
      }
      // CSV is written here, so that null differs from an empty text and formulas are escaped.
      const requested = format === 'parquet' ? 'parquet' : 'json'
      const body = { sql, format: requested, max_rows: options.maxRows, timeout_ms: options.timeout * 1_000 }
      const bytes = await downloadApi(readSettings(), '/v1/sql', body)
      const { output } = options
      if (output !== undefined) await writeFile(output, exact(bytes, format))
      else if (format === 'table') print(table(answerOf(bytes)))
      else if (format === 'csv') printCsv(csv(answerOf(bytes)))
      else process.stdout.write(format === 'json' ? escapeJson(bytes.toString()) : bytes)
    })
}

/** The bytes for a file. */
function exact(bytes: Buffer, format: Options['format']): Buffer | string {
  if (format === 'table') return `${table(answerOf(bytes))}\n`
  return format === 'csv' ? `${csv(answerOf(bytes))}\r\n` : bytes
}

function answerOf(bytes: Buffer): Answer {
  try {
    return JSON.parse(bytes.toString()) as Answer
  } catch (cause) {
    throw new Error('the answer has several results: send one statement at a time', { cause })
  }
}

const csv = ({ meta, data }: Answer) => (data.length > 0 ? formatCsv(rowsOf({ meta, data })) : csvOf([meta.map(({ name }) => name)]))

function table({ meta, data }: Answer): string {
  return data.length > 0 ? formatTable(rowsOf({ meta, data })) : `${meta.map(({ name }) => name).join('  ')}\n(no rows)`
}

function rowsOf({ meta, data }: Answer) {
  const cell = (value: unknown, type: string) => {
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
    if (typeof value !== 'string') return JSON.stringify(value)
    // 64-bit integers are sent as text.
    return /Int(?:64|128|256)\b/.test(type) && !type.startsWith('Array') && Number.isSafeInteger(Number(value)) ? Number(value) : value
  }
  return data.map(row => Object.fromEntries(meta.map(({ name, type }) => [name, cell(row[name], type)])))
}
