import { type Calendar, nearest, PERIODS, type Period, type Product, parseInstant } from '@northstar/catalogue'
import { bucketStart, RESOLUTIONS } from '@northstar/live-counters'
import type { MetricQuestion } from '@northstar/metrics'
import { HttpProblem } from '@northstar/runtime'
import { z } from 'zod'

const instant = z.string().describe('A date in the product’s zone (its beginning) or an RFC 3339 time.')

/** The query of `GET /v1/metrics/{name}`, besides `where.PROPERTY=VALUE`. */
export const questionSchema = z.strictObject({
  from: instant.optional(),
  to: instant
    .optional()
    .describe(
      'Excluded. A date in the product’s zone or an RFC 3339 time. Default: the end of the running period; of total the next full ten seconds.',
    ),
  period: z
    .enum(['hour', 'day', 'week', 'calendar_week', 'month', 'total'])
    .default('week')
    .describe('week is counted from the launch day, calendar_week is ISO.'),
  by: z.string().optional().describe('One value for each value of this property.'),
  compare: z.literal('previous').optional().describe('Give the value of the period before, too.'),
  source: z
    .enum(['auto', 'live', 'warehouse'])
    .default('auto')
    .describe('Where the figures come from. Default: whichever is quicker and can tell.'),
})

const WHERE = 'where.'
const DAY_MS = 86_400_000

/** What a request asks, or a problem of status 400 that says what is wrong with it. */
export function parseQuestion(metric: string, query: unknown, product: Product, calendar: Calendar, now: number): MetricQuestion {
  const given = z.record(z.string(), z.union([z.string(), z.array(z.string())])).parse(query)
  const filters = Object.entries(given).filter(([name]) => name.startsWith(WHERE))
  const rest = Object.fromEntries(Object.entries(given).filter(([name]) => !name.startsWith(WHERE)))
  const parsed = questionSchema.safeParse(rest)
  if (!parsed.success) throw badQuestion(rest, parsed.error.issues)
  const { period, by, compare, source } = parsed.data
  const time = (name: 'from' | 'to') => {
    const text = parsed.data[name]
    if (text === undefined) return undefined
    const at = parseInstant(text, product.timezone)
    if (at !== null) return at
    throw new HttpProblem({
      status: 400,
      code: 'bad_range',
      detail: `\`${name}\` is "${text.slice(0, 100)}": expected a date such as 2026-01-15, or an RFC 3339 time`,
    })
  }
  const to = time('to') ?? (period === 'total' ? endOfBucket(now) : calendar.periodAt(period, now).to)
  const from = time('from') ?? defaultFrom(period, to, calendar.startOf(product.launch), calendar)
  return {
    metric,
    from,
    to,
    period,
    source,
    ...(by !== undefined && { by }),
    ...(compare && { compare }),
    ...(filters.length > 0 && { where: Object.fromEntries(filters.map(([name, value]) => [name.slice(WHERE.length), value])) }),
  }
}

/** Where the live counters can end a window that holds everything up to now. */
const endOfBucket = (now: number) => bucketStart(RESOLUTIONS[0], now) + RESOLUTIONS[0].lengthMs

/** A day of hours, four weeks of days, everything since the launch of longer periods. */
function defaultFrom(period: Period, to: number, launch: number, calendar: Calendar): number {
  if (period === 'hour') return to - DAY_MS
  const fourWeeks = calendar.periodAt('day', to - 28 * DAY_MS).from
  return period === 'day' || launch >= to ? fourWeeks : launch
}

function badQuestion(query: Readonly<Record<string, unknown>>, issues: readonly z.core.$ZodIssue[]): HttpProblem {
  const known = Object.keys(questionSchema.shape)
  for (const issue of issues) {
    if (issue.code === 'unrecognized_keys') {
      const [name = ''] = issue.keys
      return hinted('unknown_parameter', `there is no parameter "${name.slice(0, 100)}"`, nearest(name, known), [
        ...known,
        `${WHERE}PROPERTY`,
      ])
    }
    const name = String(issue.path[0] ?? '')
    const word = String(query[name] ?? '').slice(0, 100)
    if (name === 'period') return hinted('unknown_period', `there is no period "${word}"`, nearest(word, PERIODS), PERIODS)
    if (issue.code === 'invalid_value') {
      const values = issue.values.map(String)
      return hinted('unknown_value', `\`${name}\` cannot be "${word}"`, nearest(word, values), values)
    }
  }
  return new HttpProblem({ status: 400, code: 'bad_parameter', detail: `\`${String(issues[0]?.path[0] ?? 'query')}\` must be given once` })
}

function hinted(code: string, what: string, near: string | undefined, valid: readonly string[]): HttpProblem {
  const detail = near === undefined ? `${what}; there are ${valid.join(', ')}` : `${what}; did you mean "${near}"?`
  return new HttpProblem({ status: 400, code, detail, valid, ...(near !== undefined && { nearest: near }) })
}
