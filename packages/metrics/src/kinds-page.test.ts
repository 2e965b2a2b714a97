import { expect, test } from 'vitest'
import * as z from 'zod'
import type { MetricKind } from './index.ts'
import { metricKinds } from './index.ts'

/** The page of all kinds, built from what each kind says of itself and of its fields. */
function kindsPage(): string {
  const kinds = [...metricKinds]
  const counted = kinds.filter(([, { source }]) => source === 'counted')
  const stored = kinds.filter(([, { source }]) => source !== 'counted')
  return `# Kinds of metric

Each metric of \`metrics.yaml\` has a \`kind\`, and the fields of its kind in addition to those of every metric (\`title\`, \`description\`, \`unit\`, \`by\`,
\`where\`, \`target\` and others, which editors complete). An event kind can be one name or a list of names.

## Counted in the live counters and the warehouse
${counted.map(section).join('\n\n')}

## Answered by the warehouse
${stored.map(section).join('\n\n')}
`
}

function section([name, { description, fields, targetDimensions = [] }]: readonly [string, MetricKind]): string {
  const parts = targetDimensions.length > 0 ? ` It has a value for each \`${targetDimensions.join('`, `')}\`.` : ''
  const lines = Object.entries(fields).map(
    ([field, schema]) => `- \`${field}\`${isOptional(schema) ? ' (optional)' : ''}: ${z.globalRegistry.get(schema)?.description}`,
  )
  return `### \`${name}\`\n${description}${parts}\n\n${lines.join('\n')}`
}

const isOptional = (field: z.core.$ZodType) => z.safeParse(field, undefined).success

test('docs/metric-kinds.md describes every kind; -u writes it', async () => {
  await expect(kindsPage()).toMatchFileSnapshot('../../../docs/metric-kinds.md')
})
