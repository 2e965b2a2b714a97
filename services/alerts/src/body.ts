import { HttpProblem } from '@northstar/runtime'
import type { z } from 'zod'

/** The request's body as the schema gives it; what is wrong is answered 400, field by field. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body ?? {})
  if (parsed.success) return parsed.data
  const detail = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`.replace(/^: /, '')).join('; ')
  throw new HttpProblem({ status: 400, detail })
}
