import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { liveCountersContract } from '../contract/live-counters-contract.ts'
import { KeySet } from '../key-set.ts'
import type { Position } from '../position.ts'
import { openEmbeddedCounters } from './embedded-counters.ts'

const newFolder = () => mkdtemp(join(tmpdir(), 'northstar-counters-'))

liveCountersContract('embedded', {
  async open(partitions, now) {
    const folder = await newFolder()
    const counters = openEmbeddedCounters({ folder, partitions, now })
    return {
      counters,
      other: counters,
      async close() {
        await counters.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
})

test('counters persist after a close, and expired buckets are removed', async () => {
  const folder = await newFolder()
  let now = 3_600_000
  const config = { folder, partitions: 1, now: () => now }
  const counted = new Map([
    [
      '10s:3600000' as const,
      { add: new Map([['abcdef', 1]]), unique: new Map([['abcdef', KeySet.of([{ high: 0x00112233, low: 0x44556677 }])]]) },
    ],
  ])
  try {
    const first = openEmbeddedCounters(config)
    await first.apply(0, null, { log: 'log', lastAt: 0, offset: 1, windowStart: 0 }, counted)
    await first.close()
    await first.close()
    expect(await first.health()).toMatchObject({ healthy: false })
    await expect(first.position(0)).rejects.toMatchObject({ code: 'counters_unavailable' })

    const second = openEmbeddedCounters(config)
    expect(await second.position(0)).toEqual({ log: 'log', lastAt: 0, offset: 1, windowStart: 0 })
    expect([...(await second.totals(['10s:3600000'], ['abcdef']))]).toEqual([['abcdef', 1]])
    now += 3 * 3_600_000
    await second.apply(
      0,
      { log: 'log', lastAt: 0, offset: 1, windowStart: 0 },
      { log: 'log', lastAt: 0, offset: 2, windowStart: 0 },
      new Map(),
    )
    now = 3_600_000
    expect([...(await second.totals(['10s:3600000'], ['abcdef']))]).toEqual([])
    expect((await second.uniques(['10s:3600000'], ['abcdef'])).get('abcdef')).toBe(0)
    await second.close()
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a copy has counters and position of the same moment', async () => {
  const [folder, target] = [await newFolder(), await newFolder()]
  const config = { folder, partitions: 1, now: () => 3_600_000 }
  const one = new Map([['10s:3600000' as const, { add: new Map([['abcdef', 1]]), unique: new Map() }]])
  const counters = openEmbeddedCounters(config)
  try {
    let position: Position | null = null
    let copying = true
    const counting = (async () => {
      while (copying) {
        const next: Position = { log: 'log', lastAt: 0, offset: (position?.offset ?? 0) + 1, windowStart: 0 }
        await counters.apply(0, position, next, one)
        position = next
      }
    })()
    await vi.waitFor(() => expect(position?.offset).toBeGreaterThan(10))
    await counters.copyTo?.(target)
    copying = false
    await counting
    const copy = openEmbeddedCounters({ ...config, folder: target })
    const total = (await copy.totals(['10s:3600000'], ['abcdef'])).get('abcdef')
    expect(total).toBeGreaterThan(10)
    expect((await copy.position(0))?.offset).toBe(total)
    await copy.close()
  } finally {
    await counters.close()
    await Promise.all([folder, target].map(path => rm(path, { recursive: true, force: true })))
  }
})
