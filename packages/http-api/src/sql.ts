import { z } from 'zod'
import { declare, type Out } from './declare.ts'

const column = z.object({ name: z.string(), type: z.string().describe('The type in ClickHouse.') })
const table = z.object({ name: z.string().describe('The name with its database.'), title: z.string(), columns: z.array(column) })
const schema = z.object({ tables: z.array(table) })
export type SqlSchema = Out<typeof schema>

export const sql = {
  schema: declare({
    method: 'GET',
    path: '/v1/sql/schema',
    summary: 'Views for analysts: one for each metric and breakdown, and one for each event kind',
    access: 'analyst',
    answers: { 200: schema },
  }),
  run: declare({
    method: 'POST',
    path: '/v1/sql',
    summary: 'Run one statement that reads',
    access: 'analyst',
    body: z.strictObject({
      sql: z.string().min(1).max(100_000).describe('One SELECT statement over the tables and views of the warehouse.'),
      format: z.enum(['json', 'csv', 'parquet']).default('json'),
      max_rows: z.int().min(1).max(1_000_000).default(100_000).describe('Maximum number of rows; a statement with more fails.'),
      timeout_ms: z.int().min(1).max(60_000).default(30_000),
    }),
    audited: ['sql', 'format'],
    answers: { 200: 'The rows; as JSON in ClickHouse’s own form. A syntax error has its `position`, in characters from 0.' },
    types: { answer: ['application/json', 'text/csv', 'application/vnd.apache.parquet'] },
  }),
}
