import { EVENT_FIELDS, type EventKind, sensitiveProperties, type TrackingPlan } from '@northstar/catalogue'
import { PlanRefused, type ViewDefinition } from '../port.ts'
import { identifier, literal, qualified } from '../statements.ts'

/** Absent ids are NULL in SQL, so that outer joins and COUNT(DISTINCT user_id) do not count them. */
const FIELDS = EVENT_FIELDS.map(name => (name === 'user_id' || name === 'session_id' ? `nullIf(${name}, '') AS ${name}` : name))

/** A view for each event kind, with its name for analysts: the fixed columns and the kind's properties, without sensitive ones. */
export function eventViews(plan: TrackingPlan, database: string): ViewDefinition[] {
  const sensitive = sensitiveProperties(plan)
  return [...plan.events.values()].map(kind => eventView(kind, sensitive, database))
}

function eventView(kind: EventKind, sensitive: ReadonlySet<string>, database: string): ViewDefinition {
  const shown = [...(kind.viewColumns ?? [])].filter(([, given]) => !('property' in given && sensitive.has(given.property)))
  const further = shown.map(
    ([name, given]) => `${'property' in given ? identifier(given.property) : constant(given.value)} AS ${identifier(name)}`,
  )
  const columns = [...FIELDS, ...[...kind.properties.keys()].filter(name => !sensitive.has(name)).map(identifier), ...further].join(', ')
  return { name: kind.view, select: `SELECT ${columns} FROM ${qualified(database, 'events')} WHERE event = ${literal(kind.name)}` }
}

/**
 * The statement that creates or replaces a view, and its database. A view reads with the rights of its creator, so that an account can read views
 * without access to the tables, which have sensitive columns. @throws PlanRefused for an invalid name
 */
export function viewStatement({ name, select }: ViewDefinition): { readonly database: string; readonly statement: string } {
  const [database = '', view = '', ...rest] = name.split('.')
  if (rest.length > 0 || database === '' || view === '') throw new PlanRefused(`a view must be named database.view: ${name}`)
  return {
    database,
    statement: `CREATE OR REPLACE VIEW ${qualified(database, view)} DEFINER = CURRENT_USER SQL SECURITY DEFINER AS\n${select}`,
  }
}

const constant = (value: string | number | boolean) => (typeof value === 'string' ? literal(value) : String(value))
