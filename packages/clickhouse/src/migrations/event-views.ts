import type { EventKind, TrackingPlan } from '@northstar/catalogue'
import { PlanRefused } from '../index.ts'
import { identifier, literal, qualified } from '../statements.ts'

export interface EventView {
  /** `database.view` */
  readonly name: string
  readonly database: string
  readonly view: string
  /** What makes it, whether it exists or not. */
  readonly statement: string
}

// In SQL nobody is NULL: an outer join and COUNT(DISTINCT user_id) take it for no user.
const FIXED = ['event', 'id', 'timestamp', 'received_at', "nullIf(user_id, '') AS user_id", "nullIf(session_id, '') AS session_id"]

/** A view for each event kind, under the name that analysts use: the fixed columns and the kind's own properties. */
export function eventViews(plan: TrackingPlan, database: string): EventView[] {
  return [...plan.events.values()].map(kind => eventView(kind, database))
}

function eventView(kind: EventKind, database: string): EventView {
  const [viewDatabase = '', view = '', ...rest] = kind.view.split('.')
  if (rest.length > 0 || viewDatabase === '' || view === '')
    throw new PlanRefused(`the view of ${kind.name} must be named database.view: ${kind.view}`)
  const further = [...(kind.viewColumns ?? [])].map(
    ([name, given]) => `${'property' in given ? identifier(given.property) : constant(given.value)} AS ${identifier(name)}`,
  )
  const columns = [...FIXED, ...[...kind.properties.keys()].map(identifier), ...further].join(', ')
  const statement = `CREATE OR REPLACE VIEW ${qualified(viewDatabase, view)} AS
SELECT ${columns} FROM ${qualified(database, 'events')} WHERE event = ${literal(kind.name)}`
  return { name: kind.view, database: viewDatabase, view, statement }
}

const constant = (value: string | number | boolean) => (typeof value === 'string' ? literal(value) : String(value))
