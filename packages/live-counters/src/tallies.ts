/** In-memory counting of one aggregate within one bucket, before it becomes fields. */
import { binName, binOf } from './ddsketch.ts'
import { addLimbs, limbName } from './exact-sum.ts'
import { aggregateCode, everybodyField } from './fields.ts'
import { KeySet } from './key-set.ts'
import type { Aggregate } from './port.ts'
import type { Members, RecordColumns } from './record-columns.ts'

export interface Tally {
  /** The property whose values are its members. */
  readonly by: string | undefined
  /** Counts rows of a record. */
  add(columns: RecordColumns, rows: readonly number[]): void
  /** Adds its counts to the bucket's maps. A member that is not admitted counts under {@link OTHER}. */
  write(add: Map<string, number>, unique: Map<string, KeySet>, admits: Admits): void
}

type Admits = (member: string) => boolean

/** The member under which a breakdown counts the members beyond its limit. */
export const OTHER = '(other)'

/** A member of a breakdown; null for events without its property. */
type Member = string | null

/** Returns a function that makes empty tallies of the aggregate, one for each bucket. @throws TypeError for one that makes no sense */
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
      // The same rows once more, so that the cost is that of the rows whatever the number of members.
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

/** What a tally keeps for each member, found once a record and member. */
class Groups<G> {
  readonly all = new Map<Member, G>()
  readonly #by: string | undefined
  readonly #make: () => G

  constructor(by: string | undefined, make: () => G) {
    this.#by = by
    this.#make = make
  }

  get(member: Member): G {
    let group = this.all.get(member)
    if (group === undefined) {
      group = this.#make()
      this.all.set(member, group)
    }
    return group
  }

  /** Calls back with each row that is not left out and its group. */
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
      const numbers = columns.numbers(of)
      if (numbers === null) return
      const { nulls, values } = numbers
      groups.visit(
        columns,
        rows,
        row => nulls[row] === 0,
        (group, row) => {
          group.count++
          addLimbs(group.limbs, values[row] as number)
        },
      )
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
        const there = unique.get(field)
        if (there) there.addAll(ids)
        else unique.set(field, ids)
      }
      // Estimates of members do not add up, so a set holds everybody: the same one, whatever the breakdown.
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
      const numbers = columns.numbers(of)
      if (numbers === null) return
      const { nulls, values } = numbers
      groups.visit(
        columns,
        rows,
        row => nulls[row] === 0,
        (bins, row) => increase(bins, binOf(values[row] as number), 1),
      )
    },
    write(add, _, admits) {
      for (const [member, bins] of groups.all) {
        for (const [bin, count] of bins) increase(add, fieldOf(`${code}#${binName(bin)}`, member, admits), count)
      }
    },
  }
}
