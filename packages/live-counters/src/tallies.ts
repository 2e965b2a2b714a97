/** In-memory counting of one aggregate within one bucket, before it becomes fields. */

import type { Aggregate } from './aggregate.ts'
import { binName, binOf } from './ddsketch.ts'
import { addLimbs, limbName } from './exact-sum.ts'
import { aggregateCode, everybodyField } from './fields.ts'
import { KeySet } from './key-set.ts'
import type { Members, RecordColumns } from './record-columns.ts'

export interface Tally {
  /** The property whose values are the members. */
  readonly by: string | undefined
  /** Counts these rows of a record. */
  add(columns: RecordColumns, rows: readonly number[]): void
  /** Adds the counts to the bucket's maps. A member that is not admitted counts under {@link OTHER}. */
  write(add: Map<string, number>, unique: Map<string, KeySet>, admits: Admits): void
}

type Admits = (member: string) => boolean

/** The member under which a breakdown counts the members beyond its limit. */
export const OTHER = '(other)'

/** A member of a breakdown; null for events without its property. */
type Member = string | null

/** Returns a function that makes empty tallies of the aggregate, one for each bucket. @throws TypeError if it needs a property and has none */
export function tallyOf(aggregate: Aggregate): () => Tally {
  const code = aggregateCode(aggregate)
  const { kind, of = '', by } = aggregate
  if (kind !== 'count' && of === '') throw new TypeError(`an aggregate of kind ${kind} needs a property in \`of\``)
  switch (kind) {
    case 'count':
      return () => createCount(code, by)
    case 'sum':
      return () => createSum(code, by, of)
    case 'unique': {
      const everybody = everybodyField(aggregate)
      return () => createUnique(code, everybody, by, of)
    }
    case 'percentiles':
      return () => createPercentiles(code, by, of)
  }
}

function fieldOf(field: string, member: Member, admits: Admits): string {
  if (member === null) return field
  return `${field}=${admits(member) ? member : OTHER}`
}

function increase<K>(counts: Map<K, number>, key: K, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count)
}

function createCount(code: string, by: string | undefined): Tally {
  const counts = new Map<Member, number>()
  return {
    by,
    add(columns, rows) {
      const members = by === undefined ? null : columns.members(by)
      if (members === null) {
        increase(counts, null, rows.length)
        return
      }
      const { places, names, counts: byPlace } = members
      for (let i = 0; i < rows.length; i++) (byPlace[places[rows[i] as number] as number] as number)++
      // A second pass over the rows, not over the members: the cost does not grow with the number of members.
      for (let i = 0; i < rows.length; i++) {
        const place = places[rows[i] as number] as number
        const count = byPlace[place] as number
        if (count === 0) continue
        increase(counts, names[place] as Member, count)
        byPlace[place] = 0
      }
    },
    write(add, _, admits) {
      for (const [member, count] of counts) increase(add, fieldOf(code, member, admits), count)
    },
  }
}

/** A tally's counts by member. The group of a member is looked up once for each record. */
class Groups<G> {
  readonly all = new Map<Member, G>()
  readonly #by: string | undefined
  readonly #make: () => G

  constructor(by: string | undefined, make: () => G) {
    this.#by = by
    this.#make = make
  }

  /** Calls `visit` with each row that has a number in `property`, the number and the row's group. */
  visitNumbers(columns: RecordColumns, rows: readonly number[], property: string, visit: (group: G, value: number) => void): void {
    const numbers = columns.numbers(property)
    if (numbers === null) return
    const { nulls, values } = numbers
    this.visit(
      columns,
      rows,
      row => nulls[row] === 0,
      (group, row) => visit(group, values[row] as number),
    )
  }

  get(member: Member): G {
    let group = this.all.get(member)
    if (group === undefined) {
      group = this.#make()
      this.all.set(member, group)
    }
    return group
  }

  /** Calls `visit` with each counted row and its group. */
  visit(
    columns: RecordColumns,
    rows: readonly number[],
    isCounted: (row: number) => boolean,
    visit: (group: G, row: number) => void,
  ): void {
    const members = this.#by === undefined ? null : columns.members(this.#by)
    if (members === null) {
      const counted = rows.filter(isCounted)
      if (counted.length === 0) return
      const group = this.get(null)
      for (let i = 0; i < counted.length; i++) visit(group, counted[i] as number)
      return
    }
    const { places, names } = members
    const groups = members.groups as (G | undefined)[]
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number
      if (!isCounted(row)) continue
      const place = places[row] as number
      const group = groups[place] ?? this.get(names[place] as Member)
      groups[place] = group
      visit(group, row)
    }
    clearGroups(members, rows)
  }
}

function clearGroups({ places, groups }: Members, rows: readonly number[]): void {
  for (let i = 0; i < rows.length; i++) groups[places[rows[i] as number] as number] = undefined
}

interface Summed {
  count: number
  readonly limbs: Map<number, number>
}

function createSum(code: string, by: string | undefined, of: string): Tally {
  const groups = new Groups<Summed>(by, () => ({ count: 0, limbs: new Map() }))
  return {
    by,
    add(columns, rows) {
      groups.visitNumbers(columns, rows, of, (group, value) => {
        group.count++
        addLimbs(group.limbs, value)
      })
    },
    write(add, _, admits) {
      for (const [member, { count, limbs }] of groups.all) {
        increase(add, fieldOf(code, member, admits), count)
        for (const [limb, amount] of limbs) increase(add, fieldOf(`${code}#${limbName(limb)}`, member, admits), amount)
      }
    },
  }
}

interface Identified {
  events: number
  readonly ids: KeySet
}

function createUnique(code: string, everybody: string, by: string | undefined, of: string): Tally {
  const groups = new Groups<Identified>(by, () => ({ events: 0, ids: new KeySet() }))
  return {
    by,
    add(columns, rows) {
      const keys = columns.keys(of)
      groups.visit(
        columns,
        rows,
        row => keys[2 * row] !== 0 || keys[2 * row + 1] !== 0,
        (group, row) => {
          group.events++
          group.ids.add(keys[2 * row + 1] as number, keys[2 * row] as number)
        },
      )
    },
    write(add, unique, admits) {
      for (const [member, { events, ids }] of groups.all) {
        const field = fieldOf(code, member, admits)
        increase(add, field, events)
        if (by === undefined) continue
        const known = unique.get(field)
        if (known) known.addAll(ids)
        else unique.set(field, ids)
      }
      // Estimates of members do not add up, so the ids of all members are also in one common set, which all breakdowns share.
      if (unique.has(everybody)) return
      const all = new KeySet()
      for (const { ids } of groups.all.values()) all.addAll(ids)
      if (all.size > 0) unique.set(everybody, all)
    },
  }
}

function createPercentiles(code: string, by: string | undefined, of: string): Tally {
  const groups = new Groups<Map<number, number>>(by, () => new Map())
  return {
    by,
    add(columns, rows) {
      groups.visitNumbers(columns, rows, of, (bins, value) => increase(bins, binOf(value), 1))
    },
    write(add, _, admits) {
      for (const [member, bins] of groups.all) {
        for (const [bin, count] of bins) increase(add, fieldOf(`${code}#${binName(bin)}`, member, admits), count)
      }
    },
  }
}
