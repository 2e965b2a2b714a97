import { duration, scheduleSchema } from '@northstar/catalogue'

/** Fields of every collector. */
export const scheduleFields = {
  schedule: scheduleSchema.default({ every_minutes: 15 }).describe('The schedule in the product’s time zone. Default: every 15 minutes.'),
  stale_after: duration
    .optional()
    .describe(
      'The age of the last complete run from which its figures are unknown. Default: twice the time between runs, at least an hour.',
    ),
}
