/** In-memory counting of one aggregate within one bucket, before it becomes fields. */
import type { Row } from '@northstar/events'
import { binName, binOf } from './ddsketch.ts'
import { addLimbs, limbName } from './exact-sum.ts'
import { aggregateCode, everybodyField } from './fields.ts'
import type { Aggregate } from './index.ts'

export interface Tally {
  /** The property by which it tells members apart. */
  readonly by: string | undefined
  add(row: Row): void
  /** Adds its counts to the bucket's maps. A member that is not admitted counts under {@link OTHER}. */
  write(add: Map<string, number>, unique: Map<string, ReadonlySet<string>>, admits: (member: string) => boolean): void
}

/** Members by their raw values: turned to text once a batch, not once an event. */
type Member = string | number | boolean
type Value = Row[string] | undefined

/** A maker of empty tallies of the aggregate, one for each bucket. */
export function tallyOf(aggregate: Aggregate): () => Tally {
  const code = aggregateCode(aggregate)
  const { kind, of = '', by } = aggregate
  if (kind !== 'count' && of === '') throw new TypeError(`an aggregate of kind ${kind} needs a property in \`of\``)
  switch (kind) {
    case 'count':
      return () => new CountTally(code, by)
    case 'sum':
      return () => new SumTally(code, by, of)
    case 'unique': {
      const everybody = everybodyField(aggregate)
      return () => new UniqueTally(code, everybody, by, of)
    }
    case 'percentiles':
      return () => new PercentileTally(code, by, of)
  }
}

/** The member under which a breakdown counts the members beyond its limit. */
export const OTHER = '(other)'

/** A member as text: itself, or {@link OTHER} where it is not admitted. */
function nameOf(member: Member, admits: (member: string) => boolean): string {
  const name = wellFormed(String(member))
  return admits(name) ? name : OTHER
}

/** Stores keep UTF-8, which has no lone surrogates: what they would replace is replaced here, for all of them alike. */
function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, '\ufffd') : text
}

class CountTally implements Tally {
  private readonly code: string
  readonly by: string | undefined
  private bare = 0
  private readonly members = new Map<Member, number>()

  constructor(code: string, by: string | undefined) {
    this.code = code
    this.by = by
  }

  add(row: Row): void {
    const member: Value = this.by === undefined ? undefined : row[this.by]
    if (member === undefined) this.bare++
    else this.members.set(member, (this.members.get(member) ?? 0) + 1)
  }

  write(add: Map<string, number>, _: unknown, admits: (member: string) => boolean): void {
    if (this.bare > 0) add.set(this.code, this.bare)
    for (const [member, count] of this.members) addTo(add, `${this.code}=${nameOf(member, admits)}`, count)
  }
}

interface Summed {
  count: number
  readonly limbs: Map<number, number>
}

class SumTally implements Tally {
  private readonly code: string
  readonly by: string | undefined
  private readonly of: string
  private readonly bare: Summed = { count: 0, limbs: new Map() }
  private readonly members = new Map<Member, Summed>()

  constructor(code: string, by: string | undefined, of: string) {
    this.code = code
    this.by = by
    this.of = of
  }

  add(row: Row): void {
    const value: Value = row[this.of]
    if (typeof value !== 'number') return
    const member: Value = this.by === undefined ? undefined : row[this.by]
    let group: Summed | undefined = this.bare
    if (member !== undefined) {
      group = this.members.get(member)
      if (group === undefined) {
        group = { count: 0, limbs: new Map() }
        this.members.set(member, group)
      }
    }
    group.count++
    addLimbs(group.limbs, value)
  }

  write(add: Map<string, number>, _: unknown, admits: (member: string) => boolean): void {
    if (this.bare.count > 0) add.set(this.code, this.bare.count)
    for (const [limb, amount] of this.bare.limbs) add.set(`${this.code}#${limbName(limb)}`, amount)
    for (const [member, { count, limbs }] of this.members) {
      const name = nameOf(member, admits)
      addTo(add, `${this.code}=${name}`, count)
      for (const [limb, amount] of limbs) addTo(add, `${this.code}#${limbName(limb)}=${name}`, amount)
    }
  }
}

class UniqueTally implements Tally {
  private readonly code: string
  private readonly everybody: string
  readonly by: string | undefined
  private readonly of: string
  private readonly bare = { events: 0, ids: new Set<string>() }
  private readonly members = new Map<Member, { events: number; ids: Set<string> }>()

  constructor(code: string, everybody: string, by: string | undefined, of: string) {
    this.code = code
    this.everybody = everybody
    this.by = by
    this.of = of
  }

  add(row: Row): void {
    const id: Value = row[this.of]
    if (typeof id !== 'string' || id === '') return
    const member: Value = this.by === undefined ? undefined : row[this.by]
    let group: { events: number; ids: Set<string> } | undefined = this.bare
    if (member !== undefined) {
      group = this.members.get(member)
      if (group === undefined) {
        group = { events: 0, ids: new Set() }
        this.members.set(member, group)
      }
    }
    group.events++
    group.ids.add(id)
  }

  write(add: Map<string, number>, unique: Map<string, ReadonlySet<string>>, admits: (member: string) => boolean): void {
    if (this.bare.events > 0) {
      add.set(this.code, this.bare.events)
      if (this.by !== undefined) unique.set(this.code, this.bare.ids)
    }
    const ids = new Map<string, Set<string>>()
    for (const [member, group] of this.members) {
      const field = `${this.code}=${nameOf(member, admits)}`
      addTo(add, field, group.events)
      const there = ids.get(field)
      if (there) for (const id of group.ids) there.add(id)
      else ids.set(field, group.ids)
    }
    for (const [field, own] of ids) unique.set(field, own)
    // Estimates of members do not add up, so a set holds everybody: the same one, whatever the breakdown.
    if (unique.has(this.everybody)) return
    const everybody = new Set(this.bare.ids)
    for (const { ids } of this.members.values()) for (const id of ids) everybody.add(id)
    if (everybody.size > 0) unique.set(this.everybody, everybody)
  }
}

class PercentileTally implements Tally {
  private readonly code: string
  readonly by: string | undefined
  private readonly of: string
  private readonly bare = new Map<number, number>()
  private readonly members = new Map<Member, Map<number, number>>()

  constructor(code: string, by: string | undefined, of: string) {
    this.code = code
    this.by = by
    this.of = of
  }

  add(row: Row): void {
    const value: Value = row[this.of]
    if (typeof value !== 'number') return
    const member: Value = this.by === undefined ? undefined : row[this.by]
    let bins: Map<number, number> | undefined = this.bare
    if (member !== undefined) {
      bins = this.members.get(member)
      if (bins === undefined) {
        bins = new Map()
        this.members.set(member, bins)
      }
    }
    const bin = binOf(value)
    bins.set(bin, (bins.get(bin) ?? 0) + 1)
  }

  write(add: Map<string, number>, _: unknown, admits: (member: string) => boolean): void {
    for (const [bin, count] of this.bare) add.set(`${this.code}#${binName(bin)}`, count)
    for (const [member, bins] of this.members) {
      const name = nameOf(member, admits)
      for (const [bin, count] of bins) addTo(add, `${this.code}#${binName(bin)}=${name}`, count)
    }
  }
}

/** Two raw values may share a text (1 and '1'). */
function addTo(add: Map<string, number>, field: string, count: number): void {
  add.set(field, (add.get(field) ?? 0) + count)
}
