import type { Row } from '@northstar/events'
import { expect, test } from 'vitest'
import { loadContractProduct, measureProduct } from '../contract/measured-product.ts'

const DAY = 86_400_000
const now = Math.floor(Date.now() / 3_600_000) * 3_600_000

const crash = (stack: string, daysAgo: number): Row => ({
  event: 'crash',
  id: `${stack}-${daysAgo}`,
  timestamp: now - daysAgo * DAY,
  received_at: now - daysAgo * DAY,
  user_id: '',
  session_id: '',
  stack_trace: stack,
})

test('a stack is new again after 90 days without it, whatever else is asked for', async () => {
  const rows = [
    crash('main > run (shell.rs:10)', 200),
    crash('main > run (shell.rs:12)', 111),
    // 91 days later it is new again, and then known.
    crash('main > run (shell.rs:11)', 20),
    crash('main > run (shell.rs:11)', 10),
    crash('main > wait', 100),
    crash('main > wait', 20),
  ]
  const product = await measureProduct({ product: await loadContractProduct(), rows, now })
  try {
    const valuesOf = async (from: number, to: number, period: 'day' | 'total') => {
      const { points } = await product.reader.read({
        metric: 'new_crashes',
        from: now - from * DAY,
        to: now - to * DAY,
        period,
        source: 'warehouse',
      })
      return points.map(({ value }) => value)
    }
    expect(await valuesOf(21, 19, 'total')).toEqual([1])
    expect(await valuesOf(11, 9, 'total')).toEqual([0])
    expect(await valuesOf(101, 99, 'total')).toEqual([1])
    // The same in a longer question.
    const days = await valuesOf(210, 0, 'day')
    expect(days.filter(value => value !== 0)).toEqual([1, 1, 1])
  } finally {
    await product.close()
  }
})
