import { describe, expect, test } from 'vitest'
import type { RollupDefinition, Warehouse } from '../port.ts'
import { blockOf, sale } from './batches.ts'
import { planWith } from './plan.ts'

const HOUR = 3_600_000
const FROM = Date.UTC(2026, 3, 1)
const SIZES: RollupDefinition = {
  name: 'sizes',
  select: 'SELECT event, timestamp_hour, platform, count(size), sum(size) GROUP BY event, timestamp_hour, platform',
}

/** The plan of a query that reads the rollup and no part's rows. */
const FROM_ROLLUP = /^(?!.*ReadFromMergeTree \(\w+\.events\)).*ReadFromMergeTree \(sizes_\w+\)/s

/** Tests that rollups agree with the rows, and their migrations. Runs after the migrations. */
export function describeRollups(warehouse: () => Warehouse, views: () => string): void {
  describe('rollups', () => {
    const migrate = (...rollups: readonly RollupDefinition[]) => warehouse().migrate(planWith(views()), { rollups })
    const rows = (name: string) =>
      blockOf(
        Array.from({ length: 300 }, (_, i) =>
          sale(`${name}-${i}`, {
            timestamp: FROM + i * (HOUR / 10),
            platform: i % 2 === 0 ? 'linux' : 'macos',
            ...(i % 3 > 0 && { size: i }),
          }),
        ),
      )
    const until = FROM + 20 * HOUR
    const asked = `SELECT platform, count(size) AS sizes, sum(size) AS total FROM events
      WHERE event = 'sale' AND timestamp_hour >= toDateTime(${FROM / 1000}) AND timestamp_hour < toDateTime(${until / 1000})
      GROUP BY platform ORDER BY platform`
    const plan = async () => (await warehouse().query<{ explain: string }>(`EXPLAIN ${asked}`)).map(line => line.explain).join('\n')
    /** The answer of {@link asked} for a number of batches. */
    const answer = (batches: number) =>
      ['linux', 'macos'].map((platform, index) => {
        const sizes = Array.from({ length: 200 }, (_, i) => i).filter(i => i % 2 === index && i % 3 > 0)
        return { platform, sizes: batches * sizes.length, total: batches * sizes.reduce((sum, size) => sum + size, 0) }
      })

    test('are created once, and answer for rows from before and after', async () => {
      await warehouse().insertBlock('events', rows('before'), 'rollup-1')
      expect((await migrate(SIZES)).applied).toEqual([expect.stringMatching(/^rollup sizes_/)])
      expect((await migrate(SIZES)).applied).toEqual([])
      await warehouse().insertBlock('events', rows('after'), 'rollup-2')
      expect(await warehouse().query(asked)).toEqual(answer(2))
      await expect.poll(plan, { timeout: 20_000 }).toMatch(FROM_ROLLUP)
      expect(await warehouse().query(asked)).toEqual(answer(2))
    })

    test('count a repeated batch once', async () => {
      for (let i = 0; i < 2; i++) await warehouse().insertBlock('events', rows('again'), 'rollup-3')
      expect(await plan()).toMatch(FROM_ROLLUP)
      expect(await warehouse().query(asked)).toEqual(answer(3))
    })

    test('follow their definition, and are removed without one', async () => {
      const changed = { ...SIZES, select: SIZES.select.replace('count(size), ', '') }
      expect((await migrate(changed)).applied).toHaveLength(2)
      expect(await plan()).not.toMatch(FROM_ROLLUP)
      expect((await migrate()).applied).toEqual([expect.stringMatching(/^rollup sizes_/)])
      expect((await migrate()).applied).toEqual([])
      expect(await warehouse().query(`SELECT name FROM system.projections WHERE database = currentDatabase()`)).toEqual([])
      expect(await warehouse().query(asked)).toEqual(answer(3))
    })
  })
}
