import { z } from 'zod'
import { declare } from './declare.ts'

export const sql = {
  run: declare({
    method: 'POST',
    path: '/v1/sql',
    summary: 'Run one statement that reads',
    access: 'analyst',
    body: z.strictObject({
      sql: z.string().min(1).max(100_000).describe('One SELECT statement over the tables and views of the warehouse.'),
      format: z.enum(['json', 'csv', 'parquet']).default('json'),
      max_rows: z.int().min(1).max(1_000_000).default(100_000).describe('A statement with more rows fails.'),
      timeout_ms: z.int().min(1).max(60_000).default(30_000),
    }),
    audited: ['sql', 'format'],
    answers: { 200: 'The rows; as JSON in ClickHouse’s own form.' },
    types: { answer: ['application/json', 'text/csv', 'application/vnd.apache.parquet'] },
  }),
}
