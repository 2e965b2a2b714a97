import { sumOfUnits } from '@northstar/live-counters'
import type { Cells } from './cells.ts'
import { type CountedRequest, combine, type Member, type Query, withFilters } from './counted.ts'
import { type CellKeys, countingSql, groupsOf, splits } from './counting-sql.ts'
import { MetricQueryError } from './errors.ts'
import { areKept, type IdRollup, idsSql } from './ids-sql.ts'
import type { Measured, Part } from './kind.ts'
import { Params } from './params.ts'
import { type SketchRollup, sketchedLevels, sketchesSql } from './sketches-sql.ts'

/** Rollups of the warehouse, read instead of rows. */
export interface Rollups {
  readonly sketches: readonly SketchRollup[]
  readonly ids: readonly IdRollup[]
}

export interface WarehouseAccess {
  readonly query: Query
  readonly rollups: Rollups
  /** A point's percentile over more values than this is read from sketches, if there are some. */
  readonly exactUpTo: number
}

/** Maximum number of members of a breakdown in a period: those with most events. The others are one member, `(other)`. */
const MEMBERS_OF_PERIOD = 500
/** Maximum number of members, over all periods, that a query names. */
const MAX_NAMED = 20_000

type Row = Readonly<Record<string, unknown>>

/** Reads the cells from the warehouse. */
export async function measureWarehouse(request: CountedRequest, access: WarehouseAccess): Promise<Cells> {
  const { kind, definition, plan, where, filters, by, spans } = request
  const parts = kind.parts(definition)
  const filtered = parts.map(part => withFilters(part, [...where, ...filters], plan))
  const perPart: Map<Member, Measured>[][] = parts.map(() => spans.map(() => new Map()))
  const groups = groupsOf(parts, by, plan).map(group => {
    const own = group.map(i => filtered[i] as Part)
    return { group, own, split: own.some(part => splits(part, by, plan)) ? by : undefined }
  })
  const read = (kept?: CellKeys) => Promise.all(groups.map(({ own, split }) => readRows(own, split, request, access, kept)))
  let answers = await read()
  if (answers.some(({ rows }, g) => groups[g]?.split !== undefined && hasTooManyMembers(rows))) {
    answers = await read(await largestMembers(groups.findLast(({ split }) => split !== undefined)?.own.at(-1) as Part, request, access))
  }
  const place = new Map(spans.map((span, i) => [span.from, i]))
  groups.forEach(({ group }, g) => {
    const { rows = [], levels = [] } = answers[g] ?? {}
    for (const row of rows) {
      const at = place.get(Number(row.span))
      // A row whose counts are all 0 comes from events that no part counts.
      if (at === undefined || group.every((_, i) => Number(row[`n${i}`]) === 0)) continue
      group.forEach((part, i) => {
        perPart[part]?.[at]?.set(memberOf(row), measured(row, i, levels))
      })
    }
  })
  return combine(request, parts, perPart)
}

const memberOf = (row: Row): Member => (typeof row.member === 'string' ? row.member : null)

function measured(row: Row, i: number, levels: readonly number[]): Measured {
  const quantiles = row[`q${i}`]
  return {
    count: Number(row[`n${i}`]),
    sum: sumOfUnits(BigInt(String(row[`s${i}`] ?? 0))),
    unique: Number(row[`u${i}`] ?? 0),
    quantile: level => (Array.isArray(quantiles) ? finite(quantiles[levels.indexOf(level)]) : null),
  }
}

const finite = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null)

interface Answer {
  readonly rows: readonly Row[]
  /** The levels of the rows' quantiles. */
  readonly levels: readonly number[]
}

/** Reads the rows of parts that share a query, from a rollup if there is one. */
async function readRows(
  parts: readonly Part[],
  by: string | undefined,
  { kind, definition, plan, spans }: CountedRequest,
  { query, rollups, exactUpTo }: WarehouseAccess,
  kept: CellKeys | undefined,
): Promise<Answer> {
  const ask = async (levels: readonly number[], write: typeof countingSql, except?: CellKeys): Promise<Answer> => {
    const params = new Params()
    const sql = write(parts, by, spans, levels, plan, params, { kept, except })
    const bounded = by === undefined ? sql : `${sql} ORDER BY span, n0 DESC LIMIT ${MEMBERS_OF_PERIOD + 2} BY span`
    return { levels, rows: await query<Row>(bounded, params.values) }
  }
  if (areKept(parts, by, spans, rollups.ids)) return ask([], idsSql)
  const exact = kind.levels?.(definition) ?? []
  const sketched = sketchedLevels(parts, by, spans, rollups.sketches)
  if (!sketched) return ask(exact, countingSql)
  // Whether a point is exact depends on its own number of values, not on the others of the answer.
  const answer = await ask(sketched, sketchesSql)
  const large = answer.rows.filter(({ n0 }) => Number(n0) > exactUpTo)
  if (large.length === answer.rows.length && large.length > 0) return answer
  const small = await ask(exact, countingSql, large.length > 0 ? keysOf(large) : undefined)
  const atLevels = ({ q0, ...row }: Row): Row => ({ ...row, q0: Array.isArray(q0) ? exact.map(level => q0[sketched.indexOf(level)]) : q0 })
  return { levels: exact, rows: [...large.map(atLevels), ...small.rows] }
}

const keysOf = (rows: readonly Row[]): CellKeys => ({ spans: rows.map(({ span }) => Number(span)), members: rows.map(memberOf) })

function hasTooManyMembers(rows: readonly Row[]): boolean {
  const members = new Map<unknown, number>()
  for (const row of rows) {
    if (memberOf(row) === null) continue
    const count = (members.get(row.span) ?? 0) + 1
    if (count > MEMBERS_OF_PERIOD) return true
    members.set(row.span, count)
  }
  return false
}

/** The members with most of a part's events in each span. The choice depends on the span alone, not on the others of the question. */
async function largestMembers(part: Part, { by, plan, spans }: CountedRequest, { query }: WarehouseAccess): Promise<CellKeys> {
  if (spans.length * MEMBERS_OF_PERIOD > MAX_NAMED) {
    throw new MetricQueryError(
      'too_much',
      `"${by}" has more than ${MEMBERS_OF_PERIOD} values in a period: ask for at most ${MAX_NAMED / MEMBERS_OF_PERIOD} periods at a time`,
      { field: 'period' },
    )
  }
  const params = new Params()
  const counted: Part = { kind: 'count', events: part.events, where: part.where }
  const sql = countingSql([counted], by, spans, [], plan, params)
  return keysOf(
    await query<Row>(
      `SELECT span, member FROM (${sql}) WHERE isNotNull(member) ORDER BY span, n0 DESC, member LIMIT ${MEMBERS_OF_PERIOD} BY span`,
      params.values,
    ),
  )
}
