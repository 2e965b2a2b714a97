import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MeasuredPeriod, type PublicPeriod, publishOnce, suppress } from './suppress.ts'

const counted = (...tables: readonly (readonly number[])[]): MeasuredPeriod => {
  const sum = (tables[0] ?? []).reduce((a, b) => a + b, 0)
  return {
    whole: { value: sum, people: sum },
    by: Object.fromEntries(tables.map((parts, t) => [`t${t}`, parts.map((people, i) => ({ member: `m${i}`, value: people, people }))])),
  }
}

const shownOf = (view: PublicPeriod) => [view.value, ...Object.values(view.by ?? {}).map(cells => cells.map(({ value }) => value))]

describe('hidden values', () => {
  test.each([
    ['nothing where all groups are large', [[20, 30, 40]], [90, [20, 30, 40]]],
    ['a small group, and a second one with it', [[20, 3, 40]], [63, [null, null, 40]]],
    ['an empty group like a small one', [[20, 0, 40]], [60, [null, null, 40]]],
    ['two small groups, and a third one', [[9, 30, 9, 50]], [98, [null, null, null, 50]]],
    ['all, where no group is large', [[6, 7]], [13, [null, null]]],
    ['everything of a small whole', [[4, 5]], [null, [null, null]]],
    [
      'in each table for itself',
      [
        [15, 15],
        [28, 2],
      ],
      [30, [15, 15], [null, null]],
    ],
  ] as const)('%s', (_, tables, view) => {
    expect(shownOf(suppress(counted(...tables), 10))).toEqual(view)
  })

  test('are decided by the number of users, not of events', () => {
    const measured: MeasuredPeriod = {
      whole: { value: 5_000, people: 40 },
      by: {
        of: [
          { member: 'a', value: 900, people: 38 },
          { member: 'b', value: 4_000, people: 2 },
          { member: 'c', value: 100, people: 12 },
        ],
      },
    }
    expect(shownOf(suppress(measured, 10))).toEqual([5_000, [null, null, 100]])
  })
})

/** Every way to fill a table. */
function* tables(cells: number, most: number): Iterable<number[]> {
  if (cells === 0) yield []
  else for (const rest of tables(cells - 1, most)) for (let n = 0; n <= most; n++) yield [...rest, n]
}

describe('an attacker who knows the rule, the threshold and everything published', () => {
  // All tables up to a size, grouped by their published form. A group's number is recovered where all tables
  // that look the same agree on it.
  test.each([
    [2, 2, 10],
    [3, 2, 12],
    [3, 3, 12],
    [3, 4, 9],
    [4, 3, 14],
  ])('recovers none of the small groups: k = %i, %i parts', (k, cells, most) => {
    const alike = new Map<string, Set<number>[]>()
    const all = [...tables(cells, most)]
    const viewOf = (parts: readonly number[]) => JSON.stringify(suppress(counted(parts), k))
    for (const parts of all) {
      const view = viewOf(parts)
      const seen = alike.get(view) ?? parts.map(() => new Set<number>())
      alike.set(view, seen)
      parts.forEach((n, i) => {
        seen[i]?.add(n)
      })
    }
    let small = 0
    const recovered: unknown[] = []
    // Tables at the edge of the tested sizes have fewer others with the same published form.
    for (const parts of all.filter(parts => parts.every(n => n <= most - k))) {
      const seen = alike.get(viewOf(parts))
      parts.forEach((n, i) => {
        if (n < 1 || n >= k) return
        small++
        if ((seen?.[i]?.size ?? 0) < 2) recovered.push({ parts, i })
      })
    }
    expect(recovered).toEqual([])
    expect(small).toBeGreaterThan(5)
  })

  const part = fc.record({ people: fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 400 })), each: fc.integer({ min: 1, max: 9 }) })
  const table = fc.array(part, { minLength: 2, maxLength: 7 })
  const weeks = fc.array(
    fc.record({
      first: table,
      // Late events, and when they come.
      late: fc.array(fc.array(fc.nat({ max: 5 }), { minLength: 7, maxLength: 7 }), { maxLength: 6 }),
    }),
    { minLength: 1, maxLength: 5 },
  )

  const measuredOf = (parts: readonly { readonly people: number; readonly each: number }[]): MeasuredPeriod => {
    const groups = parts.map(({ people, each }, i) => ({ member: `m${i}`, people, value: people * each }))
    const sum = (field: 'people' | 'value') => groups.reduce((total, group) => total + group[field], 0)
    // The same events by another property: here each half of the members.
    const half = (which: number) => groups.filter((_, i) => i % 2 === which)
    const halves = [0, 1].map(which => ({
      member: `half ${which}`,
      people: half(which).reduce((total, group) => total + group.people, 0),
      value: half(which).reduce((total, group) => total + group.value, 0),
    }))
    return { whole: { people: sum('people'), value: sum('value') }, by: { member: groups, half: halves } }
  }

  test('recovers none from weeks, tables, totals and views that follow each other while events arrive late', () => {
    fc.assert(
      fc.property(weeks, fc.integer({ min: 2, max: 12 }), (given, k) => {
        for (const { first, late } of given) {
          let parts = first
          let published: PublicPeriod | undefined
          const views = new Set<string>()
          let frozenAt: MeasuredPeriod | undefined
          for (const more of [[], ...late]) {
            parts = parts.map((one, i) => ({ ...one, people: one.people + (more[i] ?? 0) }))
            const measured = measuredOf(parts)
            const before = published
            published = publishOnce(published, measured, k)
            if (!before && published) frozenAt = measured
            if (published) views.add(JSON.stringify(published))
          }
          // However often it is looked at, there is one view to subtract from: its own.
          expect(views.size).toBeLessThanOrEqual(1)
          if (!frozenAt || !published) continue
          expect(published).toEqual(suppress(frozenAt, k))
          if (frozenAt.whole.people < k) expect(published.value).toBeNull()
          expect(recoveredFrom(frozenAt, published, k)).toEqual([])
        }
      }),
      { numRuns: 500 },
    )
  })

  /**
   * The small groups for which no other people can be found with whom everything published would be the same. Others are sought by
   * moving people between a group and another of its table, and looking at the outcome.
   */
  function recoveredFrom(truth: MeasuredPeriod, view: PublicPeriod, k: number): string[] {
    const text = JSON.stringify(view)
    return Object.entries(truth.by).flatMap(([property, groups]) =>
      groups.flatMap((group, i) => {
        if (group.people < 1 || group.people >= k) return []
        const each = Math.max(1, Math.round((group.value ?? 0) / group.people))
        const moves = groups.flatMap((_, j) => (j === i ? [] : [-1, 1, -group.people].map(people => ({ j, people }))))
        const hidden = moves.some(({ j, people }) => {
          const moved = groups.map((other, at) => {
            const by = at === i ? people : at === j ? -people : 0
            return { ...other, people: other.people + by, value: (other.value ?? 0) + by * each }
          })
          if (moved.some(one => one.people < 0 || (one.value ?? 0) < one.people || (one.people === 0 && one.value !== 0))) return false
          return JSON.stringify(suppress({ ...truth, by: { ...truth.by, [property]: moved } }, k)) === text
        })
        return hidden ? [] : [`${property}.${group.member}`]
      }),
    )
  }
})
