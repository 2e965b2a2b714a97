import { describe, expect, test } from 'vitest'
import type { Warehouse } from '../port.ts'
import { AT, blockOf, countOf, sale } from './batches.ts'
import { planWith } from './plan.ts'

const OLD = AT - 3 * 365 * 86_400_000

/** Tests that some event kinds are kept beyond the retention. Runs after the migrations. */
export function describeDurableEvents(warehouse: () => Warehouse, views: () => string): void {
  describe('durable events', () => {
    const migrate = (...durableEvents: readonly string[]) => warehouse().migrate(planWith(views()), { durableEvents })
    const stored = (table: string, event: string) => countOf(warehouse(), table, `event = '${event}'`)
    const row = (event: string, id: string, timestamp: number) => ({ ...sale(id, { timestamp, note: id }), event })

    test('are kept beyond the retention, each once, also those stored before they were named', async () => {
      await warehouse().insertBlock('events', blockOf([row('opened', 'before', AT), row('visited', 'other', AT)]), 'durable-1')
      expect((await migrate('opened')).applied).toEqual(['durable events'])
      expect((await migrate('opened')).applied).toEqual([])
      for (let i = 0; i < 2; i++) {
        await warehouse().insertBlock('events', blockOf([row('opened', 'old', OLD), row('visited', 'old other', OLD)]), 'durable-2')
      }
      await expect.poll(() => stored('events', 'opened'), { timeout: 20_000 }).toBe(1)
      expect(await stored('durable_events', 'opened')).toBe(2)
      expect(await stored('durable_events', 'visited')).toBe(0)
      expect(await warehouse().query(`SELECT note FROM durable_events ORDER BY timestamp`)).toEqual([{ note: 'old' }, { note: 'before' }])
    })

    test('of further kinds are added', async () => {
      expect((await migrate('opened', 'visited')).applied).toEqual(['durable events'])
      expect([await stored('durable_events', 'opened'), await stored('durable_events', 'visited')]).toEqual([2, 1])
      expect((await migrate()).applied).toEqual(['durable events'])
    })
  })
}
