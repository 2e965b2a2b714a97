import { z } from 'zod'
import { count, nullable, product, time, titles, unit } from './common.ts'
import { declare, type Out } from './declare.ts'

const cell = z.object({ value: nullable, hidden: z.boolean() })
const point = cell.extend({
  from: time,
  to: time,
  week: count,
  by: z.record(z.string(), z.array(cell.extend({ member: z.string() }))).optional(),
})

const answer = z.object({
  product,
  period: z.literal('week'),
  k: count.describe('Groups of fewer people are hidden.'),
  titles,
  metrics: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      description: z.string(),
      unit,
      level: z.string(),
      goal: z.object({ value: z.number(), date: z.string() }).optional(),
      points: z.array(point),
    }),
  ),
})
export type PublicAnswer = Out<typeof answer>

export const publicFigures = {
  read: declare({
    method: 'GET',
    path: '/v1/public',
    summary: 'The published metrics',
    access: 'anyone',
    answers: { 200: answer, 304: 'Unchanged since the ETag of If-None-Match.' },
  }),
}
