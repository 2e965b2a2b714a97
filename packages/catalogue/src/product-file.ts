import * as z from 'zod'

function isTimeZone(zone: string): boolean {
  // An offset such as +02:00 is none: it has no daylight saving, and not every store knows it.
  if (!/^[A-Za-z]/.test(zone)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** An IANA time zone. */
export const timeZoneSchema = z
  .string()
  .refine(isTimeZone, { error: issue => `expected an IANA time zone, such as Europe/Berlin, got ${JSON.stringify(issue.input)}` })

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

/** `YYYY-MM-DD` of a day that exists. */
export const dateSchema = z
  .string()
  .refine(isDate, { error: issue => `expected a date as YYYY-MM-DD, got ${JSON.stringify(issue.input)}` })
  .meta({ format: 'date' })

/** `product.yaml`. */
export const productSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/, { error: 'expected a lower-case word of at most 40 letters, digits and dashes' })
      .describe('Lower-case word: names the log topic and the counters’ keys. Changing it starts with empty stores.'),
    title: z.string().min(1).describe('The name that people read.'),
    timezone: timeZoneSchema.describe('IANA time zone in which days, weeks and months begin.'),
    launch: dateSchema.describe('The launch day in the time zone: week 1 begins on it.'),
  })
  .describe('The name, time zone and launch day of the product.')
