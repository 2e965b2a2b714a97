import * as z from 'zod'
import { queriedKind } from '../define.ts'
import { eventsField, eventsTraits, userOrSession } from '../fields.ts'
import { memberSql } from '../sql.ts'
import { usersOfLastDays } from './days-back.ts'

/** The different users of the last days before the end of the period, or before now; 0 without any. */
export const rolling = queriedKind({
  description: 'How many different users (or sessions) had such an event in the last days before the end of the period, such as 28.',
  fields: {
    events: eventsField.describe('The event kinds that make a user count.'),
    unique: userOrSession.default('user_id').describe('What is counted: user_id or session_id. Default: user_id.'),
    days: z.int().min(1).max(366).describe('The days of the calendar, the last one included: 7 or 28.'),
  },
  units: ['count', 'number'],
  ...eventsTraits,
  readsEvents: ({ events }) => events,
  empty: { value: 0, sample: 0 },
  carries: 'cell',
  query({ events, unique: of, days }, context) {
    return `SELECT span${memberSql(context.by).member}, users AS value, users AS sample FROM (${usersOfLastDays({ events, days, of }, context)})`
  },
})
