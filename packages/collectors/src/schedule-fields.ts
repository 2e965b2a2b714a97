import { duration, scheduleSchema } from '@northstar/catalogue'

/** Fields of every collector. */
export const scheduleFields = {
  schedule: scheduleSchema.default({ every_minutes: 15 }).describe('When it runs, in the product’s time zone. Default: every 15 minutes.'),
  stale_after: duration
    .optional()
    .describe('Its figures are unknown when it has not finished for so long. Default: twice the time between runs, at least an hour.'),
}
