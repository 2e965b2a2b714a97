import * as z from 'zod'
import { alertsFile } from './alert-rules.ts'
import { channelsForm } from './channels.ts'
import { dashboardSchema } from './dashboard-file.ts'
import { type MetricKindSchemas, metricsSchema } from './metrics-file.ts'
import { productSchema } from './product-file.ts'
import { trackingPlanSchema } from './tracking-plan-file.ts'

/** The JSON schema of every product file, by the name under which editors look for it (`metrics.json` and so on). */
export function jsonSchemas(kinds: MetricKindSchemas): ReadonlyMap<string, z.core.JSONSchema.BaseSchema> {
  const files: readonly [string, z.ZodType][] = [
    ['product.json', productSchema],
    ['tracking-plan.json', trackingPlanSchema],
    ['metrics.json', metricsSchema(kinds)],
    ['alerts.json', alertsFile],
    ['channels.json', channelsForm],
    ['dashboard.json', dashboardSchema],
  ]
  return new Map(files.map(([name, schema]) => [name, z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'ref' })]))
}
