import { CALENDAR_PERIODS, type Period } from '@northstar/catalogue'
import * as z from 'zod'
import type { Target, Targets } from './metric.ts'

const direction = z.enum(['at_least', 'at_most']).describe('at_least: more is better; at_most: less is better.')
const maxAllowed = z.number().optional().describe('Past this the status is off.')
const minSample = z.int().positive().optional().describe('Below this sample the status is not_enough_data.')
const single = z.strictObject({
  value: z.number().describe('The target.'),
  direction: direction.optional(),
  max_allowed: maxAllowed,
  min_sample: minSample,
})
const weekNumber = z.string().regex(/^[1-9]\d*$/, { error: 'a week number, 1 being the launch week' })

/** `target:` of a metric. */
export const targetSchema = z
  .strictObject({
    direction: direction.default('at_least'),
    value: z.number().optional().describe('The target for any period, as for ratios and percentiles.'),
    max_allowed: maxAllowed,
    min_sample: minSample,
    hour: z.number().optional().describe('For every hour.'),
    day: z.number().optional().describe('For every day.'),
    week: z.number().optional().describe('For every week from the launch.'),
    calendar_week: z.number().optional().describe('For every week from Monday to Sunday.'),
    month: z.number().optional().describe('For every month of the calendar.'),
    quarter: z.number().optional().describe('For every quarter of the calendar.'),
    year: z.number().optional().describe('For every year of the calendar.'),
    weeks: z
      .union([z.array(z.number()).min(1), z.record(weekNumber, z.number())])
      .optional()
      .describe('For the first, second, … week from the launch; or by week number.'),
    total: z.number().optional().describe('For the whole of the weeks, from the launch to the end of the last one in `weeks`.'),
    by: z
      .record(z.string(), z.record(z.string(), z.union([z.number(), single])))
      .optional()
      .describe('By property and value, such as priority: {P0: {value: 0, max_allowed: 1}}.'),
  })
  .describe('What the metric should reach.')

type TargetInput = z.output<typeof targetSchema>

export function buildTargets(input: TargetInput): Targets {
  const target = (value: number, own: { direction?: Target['direction']; max_allowed?: number; min_sample?: number } = {}): Target => ({
    value,
    direction: own.direction ?? input.direction,
    ...(own.max_allowed !== undefined && { maxAllowed: own.max_allowed }),
    ...(own.min_sample !== undefined && { minSample: own.min_sample }),
  })
  const common = { max_allowed: input.max_allowed, min_sample: input.min_sample }
  const periods = CALENDAR_PERIODS.flatMap((period): [Period, Target][] => {
    const value = input[period]
    return value === undefined ? [] : [[period, target(value, common)]]
  })
  const weeks = Array.isArray(input.weeks) ? input.weeks.map((value, i) => [i + 1, value] as const) : Object.entries(input.weeks ?? {})
  return {
    ...(input.value !== undefined && { any: target(input.value, common) }),
    periods: new Map(periods),
    weeks: new Map(weeks.map(([week, value]) => [Number(week), target(value, common)])),
    ...(input.total !== undefined && { total: target(input.total) }),
    by: new Map(
      Object.entries(input.by ?? {}).map(([property, members]) => [
        property,
        new Map(
          Object.entries(members).map(([member, given]) => [
            member,
            typeof given === 'number' ? target(given) : target(given.value, given),
          ]),
        ),
      ]),
    ),
  }
}
