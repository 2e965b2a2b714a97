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

const FIXED = ['event', 'id', 'timestamp', 'received_at', 'user_id', 'session_id']

/** A view for each event kind, under the name that analysts use: the fixed columns and the kind's own properties. */
export function eventViews(plan: TrackingPlan, database: string): EventView[] {
  return [...plan.events.values()].map(kind => eventView(kind, database))
}

function eventView(kind: EventKind, database: string): EventView {
  const [viewDatabase = '', view = '', ...rest] = kind.view.split('.')
  if (rest.length > 0 || viewDatabase === '' || view === '')
    throw new PlanRefused(`the view of ${kind.name} must be named database.view: ${kind.view}`)
  const columns = [...FIXED, ...kind.properties.keys()].map(identifier).join(', ')
  const statement = `CREATE OR REPLACE VIEW ${qualified(viewDatabase, view)} AS
SELECT ${columns} FROM ${qualified(database, 'events')} WHERE event = ${literal(kind.name)}`
  return { name: kind.view, database: viewDatabase, view, statement }
}
