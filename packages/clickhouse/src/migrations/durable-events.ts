import type { TrackingPlan } from '@northstar/catalogue'
import { identifier, literal, qualified } from '../statements.ts'

/** The columns that identify a row. */
const KEY = 'event, timestamp, user_key, id_key'

/** The view that fills `durable_events`, and the statements that create it and add existing events. Without kinds there is no view. */
export function durableFill(
  kinds: readonly string[],
  plan: TrackingPlan,
  database: string,
): { readonly definition: string; readonly statements: readonly string[] } {
  const [events, durable, view] = ['events', 'durable_events', 'durable_events_fill'].map(name => qualified(database, name))
  const columns = ['event', 'timestamp', 'received_at', 'user_key', 'session_key', 'id_key', ...plan.columns.map(column => column.name)]
  const list = columns.map(identifier).join(', ')
  const select = `SELECT ${list} FROM ${events} WHERE event IN (${kinds.map(literal).join(', ')})`
  const drop = `DROP VIEW IF EXISTS ${view}`
  if (kinds.length === 0) return { definition: '', statements: [drop] }
  return {
    definition: select,
    statements: [
      drop,
      `CREATE MATERIALIZED VIEW ${view} TO ${durable} AS ${select}`,
      // Adds events that were inserted without the view.
      `INSERT INTO ${durable} (${list}) ${select} AND (${KEY}) NOT IN (SELECT ${KEY} FROM ${durable})`,
    ],
  }
}
