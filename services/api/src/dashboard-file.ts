import { defineSection } from '@northstar/catalogue'
import { type DeclaredMetric, intrinsicOf, METRICS, type MetricCatalogue, measureProblems } from '@northstar/metrics'
import * as z from 'zod'

const figureFields = {
  metric: z.string().describe('A metric of metrics.yaml.'),
  title: z.string().min(1).optional().describe('The figure’s name. Default: the metric’s title.'),
  by: z.string().optional().describe('Also show each value of this property.'),
  where: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String))
    .default({})
    .describe('Only events with these values of properties.'),
  offset: z.int().min(0).optional().describe('For a retention: the number of periods after the first.'),
} satisfies z.ZodRawShape

const width = z.enum(['third', 'half', 'full']).describe('The panel’s share of the page’s width.')
const type = <T extends string>(name: T) => z.literal(name).describe('The kind of panel.')
const title = z.string().min(1).describe('The panel’s heading.')

const panelSchema = z.discriminatedUnion('type', [
  z
    .strictObject({ type: type('north_star'), ...figureFields, width: width.default('full') })
    .describe('The main figure: value, change, progress to the target, a line of all weeks.'),
  z
    .strictObject({ type: type('value'), ...figureFields, width: width.default('third') })
    .describe('One figure: value, change, trend and target.'),
  z
    .strictObject({
      type: type('figures'),
      title,
      figures: z.array(z.strictObject(figureFields)).min(1).describe('The figures, from top to bottom.'),
      show: z.enum(['target', 'change']).default('target').describe('Whether each value is shown with its target or its change.'),
      width: width.default('half'),
    })
    .describe('Several figures, one a line.'),
  z
    .strictObject({
      type: type('alerts'),
      title,
      issues: z.strictObject(figureFields).optional().describe('A metric of open items, shown below the alerts.'),
      width: width.default('full'),
    })
    .describe('Firing alerts and open issues.'),
])

const dashboardSchema = z
  .strictObject({
    title: z.string().min(1).optional().describe('The page’s heading. Default: the product’s title.'),
    public: z
      .strictObject({ k: z.int().min(2).default(10).describe('Groups of fewer people are hidden. Default: 10.') })
      .optional()
      .describe('Settings of the public page.'),
    panels: z.array(panelSchema).min(1).describe('From top to bottom; narrower panels share a row.'),
  })
  .describe('The panels of the overview.')

/** One figure of the dashboard: a metric, or a part of it. */
export type DashboardFigure = z.output<z.ZodObject<typeof figureFields>>
export type DashboardPanel = z.output<typeof panelSchema>
export type Dashboard = z.output<typeof dashboardSchema>

/** A product with its metrics and panels. */
export interface DashboardCatalogue extends MetricCatalogue {
  readonly dashboard: Dashboard
}

/** `dashboard.yaml`. The default has a panel for each metric, ordered by level, then the alerts. */
export const dashboardSection = defineSection<typeof dashboardSchema, Dashboard>({
  file: 'dashboard.yaml',
  schema: dashboardSchema,
  build(file, context) {
    const metrics = context.declared(METRICS)
    if (!file) return { value: defaultDashboard(metrics ?? new Map()) }
    const figures = [[], ['issues'], ['figures', '*']].flatMap(inner => file.entries('panels', '*', ...inner))
    const problems = metrics ? figures.flatMap(([path]) => measureProblems(file, path, metrics)) : []
    return { ...(file.value && { value: file.value }), problems }
  },
})

function defaultDashboard(declared: ReadonlyMap<string, DeclaredMetric>): Dashboard {
  const metrics = [...declared.values()].flatMap(({ kind, metric }) => (kind && metric ? [{ kind, metric }] : []))
  const ordered = (['north_star', 'kpi', 'supporting'] as const).flatMap(level => metrics.filter(({ metric }) => metric.level === level))
  const panels = ordered.map(({ kind, metric }): DashboardPanel => {
    const isStar = metric.level === 'north_star'
    const parts = intrinsicOf(metric)
    if (parts) {
      const figure = { metric: metric.name, title: metric.title, where: {}, by: parts.name }
      return { type: 'figures', title: metric.title, figures: [figure], show: 'change', width: isStar ? 'full' : 'third' }
    }
    return {
      type: isStar ? 'north_star' : 'value',
      metric: metric.name,
      where: {},
      width: isStar ? 'full' : 'third',
      ...(kind.source === 'cohorts' && { offset: 1 }),
    }
  })
  return { panels: [...panels, { type: 'alerts', title: 'Alerts & issues', width: 'full' }] }
}
