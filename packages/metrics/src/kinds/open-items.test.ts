import type { Row } from '@northstar/events'
import { expect, test } from 'vitest'
import { loadContractProduct, measureProduct } from '../contract/measured-product.ts'
import { createMetricReader } from '../reader.ts'

const DAY = 86_400_000
// The engine removes old rows by its own clock.
const now = Math.floor(Date.now() / 3_600_000) * 3_600_000

const issue = (number: number, action: string, daysAgo: number): Row => ({
  event: 'github_issue',
  id: `i${number}-${action}`,
  timestamp: now - daysAgo * DAY,
  received_at: now - daysAgo * DAY,
  user_id: '',
  session_id: '',
  number,
  action,
})

test('a bug that was opened three years ago counts until it is closed, though its opening is older than the retention', async () => {
  const rows = [issue(1, 'opened', 1_100), issue(2, 'opened', 1_100), issue(2, 'closed', 3), issue(3, 'opened', 2)]
  const product = await measureProduct({ product: await loadContractProduct(), rows, now, retentionDays: 730 })
  try {
    const count = () => product.warehouse.query<{ n: number }>('SELECT count() AS n FROM events')
    await expect.poll(count, { timeout: 20_000 }).toEqual([{ n: 2 }])
    const value = async (metric: string) => {
      const { points } = await product.reader.read({ metric, from: now - 10 * DAY, to: now, period: 'total' })
      return points.map(point => [point.value, point.sample])
    }
    expect(await value('bugs_open')).toEqual([[2, 3]])
    expect(await value('bugs_fixed')).toEqual([[1, 1]])
    expect(await value('time_to_fix')).toEqual([[1_097 * 24, 1]])
    expect(await value('oldest_bug')).toEqual([[1_100 * 24, 2]])
    // Counts of events depend on the events of the span.
    expect(await value('bugs_closed')).toEqual([[1, 1]])
  } finally {
    await product.close()
  }
})

test('open items are counted by reading each event once and making two changes of it, however many periods are asked for', async () => {
  const catalogue = await loadContractProduct()
  const statements = async (days: number) => {
    const asked: string[] = []
    const query = async (sql: string) => {
      asked.push(sql)
      return []
    }
    await createMetricReader({ catalogue, query, now: () => now }).read({
      metric: 'bugs_open',
      from: now - days * DAY,
      to: now,
      period: 'day',
    })
    return asked
  }
  const [few, many] = [await statements(10), await statements(2_000)]
  // The periods are in a parameter alone, by which each change finds its own.
  expect(many).toEqual(few)
  expect(few).toHaveLength(1)
  expect(few[0]?.match(/\bFROM durable_events\b/g)).toHaveLength(1)
  expect(few[0]?.match(/ARRAY JOIN (.*) AS change/)?.[1]).toMatch(/^\[\([^()]*, toInt64\(1\)\), \([^()]*, toInt64\(-1\)\)\]$/)
  expect(few[0]).not.toMatch(/\b(?<!ARRAY )JOIN\b|\brange\(|\barrayJoin\(/)
})
