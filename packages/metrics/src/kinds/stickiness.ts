import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { eventsField, eventsTraits } from '../fields.ts'
import { memberSql } from '../sql.ts'
import { usersOfLastDays } from './days-back.ts'

/** Daily by monthly users: the mean number of users on one of the last days, divided by the number of users on any of them. */
export const stickiness = queriedKind({
  description: 'The share of the last days on which an active user was active: daily by monthly users.',
  fields: {
    events: eventsField.describe('The event kinds that make a user active.'),
    days: z
      .int()
      .min(2)
      .max(366)
      .default(28)
      .describe('The days of the calendar before the end of the period, the last one included. Default: 28.'),
  },
  units: ['ratio'],
  ...eventsTraits,
  readsEvents: ({ events }) => events,
  empty: { value: null, sample: 0 },
  carries: 'cell',
  query({ events, days }, context) {
    const { by, params } = context
    return `
      SELECT span${memberSql(by).member}, if(users > 0, user_days / users / ${params.add(days, 'UInt32')}, NULL) AS value, users AS sample
      FROM (${usersOfLastDays({ events, days, of: 'user_id' }, context)})`
  },
})
