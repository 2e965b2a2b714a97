/** In-memory counting of one aggregate within one bucket, before it becomes fields. */
import type { Row } from '@northstar/events'
import { binName, binOf } from './ddsketch.ts'
import { addLimbs, limbName } from './exact-sum.ts'
import { aggregateCode, everybodyField } from './fields.ts'
import type { Aggregate } from './index.ts'

export interface Tally {
  add(row: Row): void
  /** Adds what it has counted to the bucket's maps. */
  write(add: Map<string, number>, unique: Map<string, ReadonlySet<string>>): void
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

function memberField(field: string, member: Member): string {
  return `${field}=${wellFormed(String(member))}`
}

/** Stores keep UTF-8, which has no lone surrogates: what they would replace is replaced here, for all of them alike. */
function wellFormed(text: string): string {
  return /\p{Surrogate}/u.test(text) ? text.replace(/\p{Surrogate}/gu, '\ufffd') : text
}

class CountTally implements Tally {
  private readonly code: string
  private readonly by: string | undefined
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

  write(add: Map<string, number>): void {
    if (this.bare > 0) add.set(this.code, this.bare)
    for (const [member, count] of this.members) addTo(add, memberField(this.code, member), count)
  }
}

interface Summed {
  count: number
  readonly limbs: Map<number, number>
}

class SumTally implements Tally {
  private readonly code: string
  private readonly by: string | undefined
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

  write(add: Map<string, number>): void {
    if (this.bare.count > 0) add.set(this.code, this.bare.count)
    for (const [limb, amount] of this.bare.limbs) add.set(`${this.code}#${limbName(limb)}`, amount)
    for (const [member, { count, limbs }] of this.members) {
      addTo(add, memberField(this.code, member), count)
      for (const [limb, amount] of limbs) addTo(add, memberField(`${this.code}#${limbName(limb)}`, member), amount)
    }
  }
}

class UniqueTally implements Tally {
  private readonly code: string
  private readonly everybody: string
  private readonly by: string | undefined
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

  write(add: Map<string, number>, unique: Map<string, ReadonlySet<string>>): void {
    if (this.bare.events > 0) {
      add.set(this.code, this.bare.events)
      if (this.by !== undefined) unique.set(this.code, this.bare.ids)
    }
    for (const [member, group] of this.members) {
      const field = memberField(this.code, member)
      addTo(add, field, group.events)
      const there = unique.get(field)
      unique.set(field, there ? new Set([...there, ...group.ids]) : group.ids)
    }
    // Estimates of members do not add up, so a set holds everybody: the same one, whatever the breakdown.
    if (unique.has(this.everybody)) return
    const everybody = new Set(this.bare.ids)
    for (const { ids } of this.members.values()) for (const id of ids) everybody.add(id)
    if (everybody.size > 0) unique.set(this.everybody, everybody)
  }
}

class PercentileTally implements Tally {
  private readonly code: string
  private readonly by: string | undefined
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

  write(add: Map<string, number>): void {
    for (const [bin, count] of this.bare) add.set(`${this.code}#${binName(bin)}`, count)
    for (const [member, bins] of this.members) {
      for (const [bin, count] of bins) addTo(add, memberField(`${this.code}#${binName(bin)}`, member), count)
    }
  }
}

/** Two raw values may share a text (1 and '1'). */
function addTo(add: Map<string, number>, field: string, count: number): void {
  add.set(field, (add.get(field) ?? 0) + count)
}
