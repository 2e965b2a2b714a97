import { createHash } from 'node:crypto'
import type { RollupDefinition } from '../port.ts'
import { identifier, literal, qualified } from '../statements.ts'

interface Change {
  /** The name of the projection. */
  readonly name: string
  readonly definition: string
  readonly statements: readonly string[]
}

/** The existing projections of `events`, and the recorded migrations by name. */
interface Present {
  readonly projections: ReadonlySet<string>
  readonly recorded: ReadonlyMap<string, string>
}

/** The name of a rollup's record. */
export const recordOf = (projection: string) => `rollup ${projection}`

/**
 * Returns the changes that make the projections of `events` equal to the wanted rollups. Projections that no migration recorded stay. A projection's
 * name contains a hash of its definition, so that parts of an earlier one are never used for it. Parts change in the background: until a part has
 * a projection, the engine reads the part's rows.
 */
export function rollupChanges(
  wanted: readonly RollupDefinition[],
  { projections, recorded }: Present,
  database: string,
): readonly Change[] {
  const alter = `ALTER TABLE ${qualified(database, 'events')}`
  const named = new Map(wanted.map(({ name, select }) => [`${name}_${digestOf(select)}`, select]))
  const made = new Set([...projections].filter(name => recorded.has(recordOf(name))))
  const obsolete = [...made].filter(name => !named.has(name))
  const missing = [...named].filter(([name]) => !made.has(name))
  return [
    ...missing.map(([name, definition]) => ({
      name,
      definition,
      statements: [
        `${alter} ADD PROJECTION IF NOT EXISTS ${identifier(name)} (${definition}), MATERIALIZE PROJECTION ${identifier(name)} SETTINGS mutations_sync = 0`,
      ],
    })),
    ...obsolete.map(name => ({
      name,
      definition: '',
      statements: [
        // A projection that is being materialized cannot be dropped.
        `KILL MUTATION WHERE database = ${literal(database)} AND table = 'events' AND command LIKE ${literal(`%MATERIALIZE PROJECTION%${name}%`)} SYNC`,
        `${alter} DROP PROJECTION IF EXISTS ${identifier(name)} SETTINGS alter_sync = 0, mutations_sync = 0`,
      ],
    })),
  ]
}

const digestOf = (select: string) => createHash('sha256').update(select).digest('hex').slice(0, 8)
