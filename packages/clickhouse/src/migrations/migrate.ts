import type { TrackingPlan } from '@northstar/catalogue'
import { type Definitions, type Migrated, PlanRefused, type QueryParam, type ViewDefinition } from '../port.ts'
import { identifier, literal, qualified } from '../statements.ts'
import { durableFill } from './durable-events.ts'
import { eventViews, viewStatement } from './event-views.ts'
import { missingColumns } from './plan-columns.ts'
import { recordOf, rollupChanges } from './rollups.ts'
import { AGEING, MIGRATIONS } from './tables.ts'

export interface MigrationDeps {
  query<T>(sql: string, params: Readonly<Record<string, QueryParam>>): Promise<readonly T[]>
  /** Runs a statement without a database. */
  command(sql: string): Promise<void>
  /** Runs a statement in the database. */
  commandWithin(sql: string): Promise<void>
  readonly database: string
  readonly retentionDays: number
}

/**
 * Runs the numbered migrations, then those that follow from the plan and the settings. A step is recorded after it has run and can run twice, so
 * that crashes and concurrent migrations are harmless.
 */
export async function migrate(deps: MigrationDeps, plan: TrackingPlan, definitions: Definitions = {}): Promise<Migrated> {
  const { query, command, commandWithin, database, retentionDays } = deps
  const records = qualified(database, 'migrations')
  const applied: string[] = []

  await command(`CREATE DATABASE IF NOT EXISTS ${identifier(database)}`)
  await command(`CREATE TABLE IF NOT EXISTS ${records} (
  name String,
  definition String,
  applied_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree(applied_at) ORDER BY name`)
  const recorded = new Map(
    (await query<{ name: string; definition: string }>(`SELECT name, definition FROM ${records} FINAL`, {})).map(row => [
      row.name,
      row.definition,
    ]),
  )

  async function step(name: string, definition: string, statements: readonly string[], run = command): Promise<void> {
    for (const statement of statements) await run(statement)
    await command(`INSERT INTO ${records} (name, definition) VALUES (${literal(name)}, ${literal(definition)})`)
    applied.push(name)
  }

  await refuseEarlierFormat(deps)
  const { secretFingerprint } = definitions
  if (secretFingerprint !== undefined && !recorded.has('secret')) await step('secret', secretFingerprint, [])

  for (const { name, statements } of MIGRATIONS) {
    if (!recorded.has(name)) await step(name, '', statements(database))
  }

  const { names, statements: alters } = await addedColumns(deps, plan)
  if (names.length > 0) await step(`columns ${names.join(', ')}`, alters.join('; '), alters)

  const fill = durableFill(definitions.durableEvents ?? [], plan, database)
  if ((recorded.get('durable events') ?? '') !== fill.definition) await step('durable events', fill.definition, fill.statements)

  const views = viewsOf(plan, database, definitions)
  const existing = await query<{ view: string }>(
    `SELECT concat(database, '.', name) AS view FROM system.tables WHERE has({views:Array(String)}, concat(database, '.', name))`,
    { views: views.map(({ name }) => name) },
  )
  const existingViews = new Set(existing.map(({ view }) => view))
  for (const view of views) {
    const name = `view ${view.name}`
    const { database: within, statement } = viewStatement(view)
    if (recorded.get(name) === statement && existingViews.has(view.name)) continue
    await step(name, statement, [`CREATE DATABASE IF NOT EXISTS ${identifier(within)}`, statement], commandWithin)
  }

  const rows = await query<{ name: string }>(
    `SELECT name FROM system.projections WHERE database = {database:String} AND table = 'events'`,
    { database },
  )
  const present = { projections: new Set(rows.map(({ name }) => name)), recorded }
  for (const { name, definition, statements } of rollupChanges(definitions.rollups ?? [], present, database)) {
    await step(recordOf(name), definition, statements)
  }

  const retention = `${retentionDays} days`
  if (recorded.get('retention') !== retention) {
    const days = Math.trunc(retentionDays)
    const statements = AGEING.map(
      ([table, column]) =>
        `ALTER TABLE ${qualified(database, table)} MODIFY TTL toDateTime(${column}) + toIntervalDay(${days}) SETTINGS materialize_ttl_after_modify = 0`,
    )
    await step('retention', retention, statements)
  }
  return { applied, secretFingerprint: recorded.get('secret') ?? secretFingerprint }
}

/** All views that a migration creates. */
export const viewsOf = (plan: TrackingPlan, database: string, { views = [] }: Definitions = {}): readonly ViewDefinition[] => [
  ...eventViews(plan, database),
  ...views,
]

/** The properties without a column in a table of events, and the statements that add the columns. @throws PlanRefused if a column has another type */
async function addedColumns({ query, database }: MigrationDeps, plan: TrackingPlan) {
  const tables = ['events', 'durable_events'] as const
  const columns = await query<{ table: string; name: string; type: string }>(
    `SELECT table, name, type FROM system.columns WHERE database = {database:String} AND table IN {tables:Array(String)}`,
    { database, tables },
  )
  const missing = tables.map(table => {
    const own = columns.filter(column => column.table === table)
    return { table, clauses: missingColumns(plan, table, new Map(own.map(({ name, type }) => [name, type]))) }
  })
  return {
    names: [...new Set(missing.flatMap(({ clauses }) => [...clauses.keys()]))],
    statements: missing
      .filter(({ clauses }) => clauses.size > 0)
      .map(({ table, clauses }) => `ALTER TABLE ${qualified(database, table)} ${[...clauses.values()].join(', ')}`),
  }
}

/** @throws PlanRefused if `events` contains ids as text, the format of an earlier version */
async function refuseEarlierFormat({ query, database }: MigrationDeps): Promise<void> {
  const found = await query(
    `SELECT 1 FROM system.columns WHERE database = {database:String} AND table = 'events' AND name = 'id' AND default_kind = ''`,
    { database },
  )
  if (found.length === 0) return
  throw new PlanRefused(
    `the database ${database} has events in the format of an earlier version, which this version cannot read: ` +
      'drop it (DROP DATABASE), delete the event log too, and start again',
  )
}
