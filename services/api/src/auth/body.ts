import { HttpProblem } from '@northstar/runtime'
import type { z } from 'zod'

/** The body in its schema's shape, or a problem of status 400 that says what is wrong. */
export function bodyOf<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body ?? {})
  if (parsed.success) return parsed.data
  const detail = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`.replace(/^: /, '')).join('; ')
  throw new HttpProblem({ status: 400, detail })
}
