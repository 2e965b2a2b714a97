import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blockOf, numberedBatch } from '../contract/batches.ts'
import { insertUntilKilled } from '../contract/crash-writer.ts'
import { planWith } from '../contract/plan.ts'
import { seeded } from '../contract/seeded.ts'
import { expectStoredOnce, warehouseContract } from '../contract/warehouse-contract.ts'
import { QueryFailed, type Warehouse, WarehouseUnavailable } from '../port.ts'
import { openEmbeddedWarehouse } from './index.ts'

let folder: TempFolder
let opened: Warehouse | undefined

beforeAll(async () => {
  folder = await tempFolder('warehouse')
})
afterAll(() => folder?.remove())

warehouseContract('engine in process', {
  async open() {
    opened = await openEmbeddedWarehouse({ folder: join(folder.path, 'contract'), retentionDays: 1000 })
    return { warehouse: opened, views: 'views' }
  },
  async close() {
    await opened?.close()
  },
})

test('an insert with an event in each month of the retention creates one part for each month', async () => {
  const warehouse = await openEmbeddedWarehouse({ folder: join(folder.path, 'months') })
  try {
    await warehouse.migrate(planWith('month_views'))
    const months = 24
    const rows = Array.from({ length: 10 * months }, (_, i) => {
      const timestamp = Date.now() - (i % months) * 30.44 * 86_400_000
      return { event: 'sale', id: `m${i}`, timestamp, received_at: timestamp, user_id: '', session_id: '' }
    })
    await warehouse.insertBlock('events', blockOf(rows), 'months')
    const [parts] = await warehouse.query<{ n: number }>(
      "SELECT count() AS n FROM system.parts WHERE active AND table = 'events' AND database = currentDatabase()",
    )
    expect(parts?.n).toBeGreaterThan(1)
    expect(parts?.n).toBeLessThanOrEqual(months + 1)
  } finally {
    await warehouse.close()
  }
})

describe('a process that is killed while it inserts', () => {
  const KILLS = 12

  test(`${KILLS} times: a batch that is sent again under its token is stored once in every table`, {
    timeout: 300_000,
  }, async () => {
    const path = join(folder.path, 'killed')
    let warehouse = await openEmbeddedWarehouse({ folder: path })
    await warehouse.migrate(planWith('views'))
    await warehouse.close()

    const seed = 20_260_115
    const random = seeded(seed)
    let next = 0
    for (let kill = 0; kill < KILLS; kill++) {
      next = await insertUntilKilled({
        folder: path,
        batch: numberedBatch,
        from: next,
        after: Math.floor(random() * 3),
        delayMs: Math.floor(random() * 16),
      })
    }

    warehouse = await openEmbeddedWarehouse({ folder: path })
    try {
      // The last one may be stored, or partly, or not at all.
      const { block, token } = numberedBatch(next)
      await warehouse.insertBlock('events', block, token)
      await expectStoredOnce(warehouse, next + 1)
    } finally {
      await warehouse.close()
    }
  })
})

describe('the folder', () => {
  test('belongs to one process', async () => {
    const path = join(folder.path, 'taken')
    const warehouse = await openEmbeddedWarehouse({ folder: path })
    try {
      await expect(insertUntilKilled({ folder: path, batch: numberedBatch, from: 0, after: 0, delayMs: 0 })).rejects.toThrow(
        'ended by itself',
      )
    } finally {
      await warehouse.close()
    }
  })

  test('has no files of rows that a dead process was about to insert', async () => {
    const path = join(folder.path, 'left')
    await (await openEmbeddedWarehouse({ folder: path })).close()
    await writeFile(join(path, 'inserts', 'left.rows'), 'x')
    const warehouse = await openEmbeddedWarehouse({ folder: path })
    try {
      await warehouse.migrate(planWith('views'))
      const { block, token } = numberedBatch(0)
      await warehouse.insertBlock('events', block, token)
      await expectStoredOnce(warehouse, 1)
      expect(await readdir(join(path, 'inserts'))).toEqual([])
    } finally {
      await warehouse.close()
    }
  })

  test('may have several databases, each closed separately', async () => {
    const path = join(folder.path, 'shared')
    const warehouses = await Promise.all(['one', 'two'].map(database => openEmbeddedWarehouse({ folder: path, database })))
    const [one, two] = warehouses
    if (one === undefined || two === undefined) throw new Error('unreachable')
    try {
      for (const [index, warehouse] of warehouses.entries()) await warehouse.migrate(planWith(`views_${index}`))
      const { block, token } = numberedBatch(0)
      await Promise.all(warehouses.map(warehouse => warehouse.insertBlock('events', block, token)))
      await expectStoredOnce(one, 1)
      const other = two.query('SELECT sleep(1) AS slept')
      await one.close()
      expect(await other).toEqual([{ slept: 0 }])
      await expectStoredOnce(two, 1)
    } finally {
      await Promise.all(warehouses.map(warehouse => warehouse.close()))
    }
  })

  test('is released without waiting for a long query', async () => {
    const path = join(folder.path, 'slow')
    const warehouse = await openEmbeddedWarehouse({ folder: path })
    await warehouse.migrate(planWith('views'))
    const endless = warehouse
      .query('SELECT sum(cityHash64(number)) FROM numbers(1000000000000000)', { timeoutMs: 50_000 })
      .catch(error => error)
    await eventually(async () => {
      const [running] = await warehouse.query<{ n: number }>(`SELECT count() AS n FROM system.processes WHERE query LIKE '%cityHash64%'`)
      return running?.n === 2
    })
    await warehouse.close()
    const outcome = await endless
    expect(outcome instanceof WarehouseUnavailable || outcome instanceof QueryFailed).toBe(true)
  })
})

describe('a copy made while batches are inserted', () => {
  test('contains the batches that were acknowledged before it, and ignores each of them when it is repeated', {
    timeout: 120_000,
  }, async () => {
    const warehouse = await openEmbeddedWarehouse({ folder: join(folder.path, 'copied') })
    const target = join(folder.path, 'copy')
    let acknowledged = 0
    let during = 0
    try {
      await warehouse.migrate(planWith('views'))
      const insertOne = async () => {
        const { block, token } = numberedBatch(acknowledged)
        await warehouse.insertBlock('events', block, token)
        acknowledged += 1
      }
      for (let i = 0; i < 20; i++) await insertOne()
      let copying = true
      const inserting = (async () => {
        while (copying) await insertOne()
      })()
      await warehouse.copyTo?.(target, async () => {
        during = acknowledged
        // An insert that was allowed would be acknowledged by now.
        await sleep(200)
        expect(acknowledged).toBe(during)
      })
      copying = false
      await inserting
      expect(acknowledged).toBeGreaterThan(during)
    } finally {
      await warehouse.close()
    }
    const copy = await openEmbeddedWarehouse({ folder: target })
    try {
      await expectStoredOnce(copy, during)
      for (let i = 0; i < during + 2; i++) {
        const { block, token } = numberedBatch(i)
        await copy.insertBlock('events', block, token)
      }
      await expectStoredOnce(copy, during + 2)
    } finally {
      await copy.close()
    }
  })

  test('leaves no snapshot: of a dead process it is removed at the next start, and one in use is kept', async () => {
    const path = join(folder.path, 'snapshots')
    const snapshots = () => readdir(join(path, 'snapshots'))
    await mkdir(join(path, 'snapshots', 'of-a-dead-process', 'store'), { recursive: true })
    await writeFile(join(path, 'snapshots', 'of-a-dead-process', 'store', 'data.bin'), 'rows')
    const warehouse = await openEmbeddedWarehouse({ folder: path })
    try {
      expect(await snapshots()).toEqual([])
      await warehouse.migrate(planWith('views'))
      await warehouse.copyTo?.(join(folder.path, 'copy-of-snapshots'), async () => {
        const [used, ...others] = await snapshots()
        expect(others).toEqual([])
        const other = await openEmbeddedWarehouse({ folder: path, database: 'other' })
        await other.close()
        expect(await snapshots()).toEqual([used])
      })
      expect(await snapshots()).toEqual([])
      const failing = warehouse.copyTo?.(join(folder.path, 'copy-that-fails'), () => Promise.reject(new Error('the log cannot be copied')))
      await expect(failing).rejects.toThrow('the log cannot be copied')
      expect(await snapshots()).toEqual([])
    } finally {
      await warehouse.close()
    }
  })
})
