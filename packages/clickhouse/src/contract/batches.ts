import { hashText, type Row, tableBlock } from '@northstar/events'
import type { Warehouse } from '../port.ts'
import { COLUMNS } from './plan.ts'

/** A batch that depends only on its number, so that any process can create it again. */
export interface Batch {
  readonly token: string
  readonly block: Uint8Array
}

export const ROWS_PER_BATCH = 600
const USERS = 50
const HOUR = 3_600_000
/** Two hours before a month: a batch is in two partitions of the table. */
const START = Date.UTC(2026, 1, 1) - 2 * HOUR

export function numberedBatch(number: number): Batch {
  const rows = Array.from({ length: ROWS_PER_BATCH }, (_, index): Row => {
    const timestamp = START + index * 30_000 + number
    const user = index % USERS
    return {
      event: index % 3 === 0 ? 'sale' : "it's",
      id: `${number}-${index}`,
      timestamp,
      received_at: timestamp + 250,
      user_id: (user + 1).toString(16).padStart(16, '0'),
      session_id: '',
      size: index,
    }
  })
  return { token: `contract:0:${number}-${number}`, block: blockOf(rows) }
}

/** Rows as a block for the `events` table of the contract's plan. */
export const blockOf = (rows: readonly Row[]): Uint8Array => tableBlock(COLUMNS, rows)

/** Sums of the table and of its views. */
export async function totals(warehouse: Warehouse) {
  const [figures] = await warehouse.query<Record<'rows' | 'ids' | 'sizes' | 'firsts' | 'first_sum', number>>(`SELECT
  (SELECT count() FROM events) AS rows,
  (SELECT uniqExact(id_key) FROM events) AS ids,
  (SELECT sum(size) FROM events) AS sizes,
  (SELECT count() FROM user_first FINAL) AS firsts,
  (SELECT sum(toUnixTimestamp64Milli(first)) FROM user_first FINAL) AS first_sum`)
  return figures
}

/** The {@link totals} if each of the batches 0…count-1 is stored exactly once. */
export function expectedTotals(count: number): Awaited<ReturnType<typeof totals>> {
  const rows = count * ROWS_PER_BATCH
  const firsts = new Map<string, number>()
  for (let index = 0; index < ROWS_PER_BATCH; index++) {
    const key = `${index % 3 === 0}/${index % USERS}`
    firsts.set(key, Math.min(firsts.get(key) ?? Number.POSITIVE_INFINITY, START + index * 30_000))
  }
  return {
    rows,
    ids: rows,
    sizes: (count * ROWS_PER_BATCH * (ROWS_PER_BATCH - 1)) / 2,
    firsts: firsts.size,
    first_sum: [...firsts.values()].reduce((sum, first) => sum + first, 0),
  }
}

/** Rows of the tables other than `events`. */
export function ndjson(rows: readonly object[]): Uint8Array[] {
  return [Buffer.from(rows.map(row => `${JSON.stringify(row)}\n`).join(''))]
}

/** The time of the rows of {@link sale}, epoch ms. */
export const AT = Date.UTC(2026, 0, 15, 12, 30, 15, 123)
export const sale = (id: string, fields: Readonly<Record<string, string | number | boolean>> = {}): Row => ({
  event: 'sale',
  id,
  timestamp: AT,
  received_at: AT + 456,
  user_id: '',
  session_id: '',
  ...fields,
})

/** The number of rows of `table` that meet `where`. */
export async function countOf(warehouse: Warehouse, table: string, where = '1', params: Record<string, string> = {}) {
  return (await warehouse.query<{ n: number }>(`SELECT count() AS n FROM ${table} WHERE ${where}`, { params }))[0]?.n
}

/** The condition that a row of {@link sale} has one of these ids. */
export const hasId = (...ids: readonly string[]): string => `id IN (${ids.map(id => `'${hashText(id)}'`).join(', ')})`
