import { z } from 'zod'
import { declare, type Out } from './declare.ts'

const figure = z.object({
  metric: z.string(),
  title: z.string().optional(),
  by: z.string().optional(),
  where: z.record(z.string(), z.string()),
  offset: z.int().optional(),
})
export type DashboardFigure = Out<typeof figure>

const width = z.enum(['third', 'half', 'full'])
const panel = z.discriminatedUnion('type', [
  figure.extend({ type: z.literal('north_star'), width }),
  figure.extend({ type: z.literal('value'), width }),
  z.object({ type: z.literal('figures'), title: z.string(), figures: z.array(figure), show: z.enum(['target', 'change']), width }),
  z.object({ type: z.literal('alerts'), title: z.string(), issues: figure.optional(), width }),
])
export type DashboardPanel = Out<typeof panel>

const dashboard = z.object({
  title: z.string(),
  panels: z.array(panel),
  example: z.record(z.string(), z.unknown()).describe('An event that the tracking plan accepts.'),
  writeKey: z.string().optional().describe('A key to send a first event; for admins only.'),
})
export type DashboardAnswer = Out<typeof dashboard>

export const page = {
  dashboard: declare({
    method: 'GET',
    path: '/v1/dashboard',
    summary: 'The panels of the overview page',
    access: 'read',
    answers: { 200: dashboard },
  }),
}
