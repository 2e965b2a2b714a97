import { countedKind } from '../define.ts'
import { eventsField, eventsTraits, userOrSession } from '../fields.ts'

/** The number of different users or sessions. */
export const unique = countedKind({
  description: 'How many different users (or sessions) had such an event.',
  fields: {
    events: eventsField.describe('The event kinds that make a user count.'),
    unique: userOrSession.default('user_id').describe('What is counted: user_id or session_id. Default: user_id.'),
  },
  trend: 'rises',
  accumulates: true,
  publishesBreakdowns: true,
  units: ['count', 'number'],
  ...eventsTraits,
  parts: ({ events, unique: of }) => [{ kind: 'unique', events, of, where: [] }],
  value: (_, [users]) => ({ value: users?.unique ?? 0, sample: users?.unique ?? 0 }),
  sql: (_, [users]) => ({ value: users?.unique ?? '0', sample: users?.unique ?? '0' }),
})
