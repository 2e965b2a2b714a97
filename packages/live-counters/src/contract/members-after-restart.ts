import { eventsOf } from '@northstar/events'
import { expect, test } from 'vitest'
import { createFold } from '../fold.ts'
import { type Aggregate, aggregateCode, type Position } from '../index.ts'
import { createAdmission, readAdmission } from '../members.ts'
import { COLUMNS } from './random-rows.ts'
import type { CountersUnderTest } from './under-test.ts'

const HOUR = 3_600_000
const NOW = Math.floor(Date.UTC(2026, 0, 20, 15) / HOUR) * HOUR
const VISITS: Aggregate = { kind: 'count', events: [], where: [], by: 'platform' }
const DURATIONS: Aggregate = { kind: 'sum', events: [], of: 'duration_ms', where: [], by: 'platform' }

const visit = (platform: string, timestamp: number) => {
  const received = { timestamp, received_at: NOW + 1 }
  return { event: 'visit', id: platform, ...received, user_id: '', session_id: '', duration_ms: 1, platform }
}

/** Tests that the limit of members of an hour of a partition also holds after restarts of its worker. */
export function membersAfterRestart(underTest: CountersUnderTest): void {
  test('a worker that starts again admits no members beyond the limit of an hour', async () => {
    const { counters, close } = await underTest.open(2, () => NOW + 1)
    try {
      let position: Position | null = null
      const count = async (partition: number, at: number, names: readonly string[]) => {
        const aggregates = [VISITS, DURATIONS]
        const fold = createFold(aggregates, await readAdmission(counters, partition, position, aggregates, createAdmission(3)))
        fold.add(
          eventsOf(
            COLUMNS,
            names.map(name => visit(name, at)),
          ),
        )
        const next: Position = { log: 'log', offset: (position?.offset ?? 0) + 1, lastAt: NOW + 1, windowStart: 0 }
        await counters.apply(partition, position, next, fold.take())
        position = next
      }
      await count(0, NOW, ['a', 'b'])
      await count(0, NOW - 2 * HOUR, ['d'])
      await count(0, NOW, ['c', 'd', 'e', 'a'])
      await count(0, NOW, ['f', 'b'])
      position = null
      await count(1, NOW, ['f'])
      const code = aggregateCode(VISITS)
      const [first, second] = [await counters.totals([`1h:${NOW}`], [code], 0), await counters.totals([`1h:${NOW}`], [code], 1)]
      expect(Object.fromEntries(first)).toEqual({ [`${code}=a`]: 2, [`${code}=b`]: 2, [`${code}=c`]: 1, [`${code}=(other)`]: 3 })
      expect(Object.fromEntries(second)).toEqual({ [`${code}=f`]: 1 })
      expect((await counters.totals([`1h:${NOW}`], [code])).get(`${code}=f`)).toBe(1)
    } finally {
      await close()
    }
  })
}
