import type { EventKind, TrackingPlan } from '@northstar/catalogue'
import { PlanRefused, type ViewDefinition } from '../port.ts'
import { identifier, literal, qualified } from '../statements.ts'

// In SQL a user that is not known is NULL: an outer join and COUNT(DISTINCT user_id) take it for no user.
const FIXED = ['event', 'id', 'timestamp', 'received_at', "nullIf(user_id, '') AS user_id", "nullIf(session_id, '') AS session_id"]

/** A view for each event kind, under the name that analysts use: the fixed columns and the kind's own properties. */
export function eventViews(plan: TrackingPlan, database: string): ViewDefinition[] {
  return [...plan.events.values()].map(kind => eventView(kind, database))
}

function eventView(kind: EventKind, database: string): ViewDefinition {
  const further = [...(kind.viewColumns ?? [])].map(
    ([name, given]) => `${'property' in given ? identifier(given.property) : constant(given.value)} AS ${identifier(name)}`,
  )
  const columns = [...FIXED, ...[...kind.properties.keys()].map(identifier), ...further].join(', ')
  return { name: kind.view, select: `SELECT ${columns} FROM ${qualified(database, 'events')} WHERE event = ${literal(kind.name)}` }
}

/** What makes a view, whether it exists or not, and the database in which it lies. @throws PlanRefused for a name that is none */
export function viewStatement({ name, select }: ViewDefinition): { readonly database: string; readonly statement: string } {
  const [database = '', view = '', ...rest] = name.split('.')
  if (rest.length > 0 || database === '' || view === '') throw new PlanRefused(`a view must be named database.view: ${name}`)
  return { database, statement: `CREATE OR REPLACE VIEW ${qualified(database, view)} AS\n${select}` }
}

const constant = (value: string | number | boolean) => (typeof value === 'string' ? literal(value) : String(value))
