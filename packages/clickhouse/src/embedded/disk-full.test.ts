import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectedTotals, numberedBatch, totals } from '../contract/batches.ts'
import { planWith } from '../contract/plan.ts'
import { WarehouseUnavailable } from '../port.ts'
import { openEmbeddedWarehouse } from './index.ts'

const DISK_MIB = 64

let folder: TempFolder
let disk: string
let missing: string | undefined

beforeAll(async () => {
  folder = await tempFolder('disk-full')
  disk = join(folder.path, 'disk')
  await mkdir(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk], { stdio: 'pipe' })
  } catch (error) {
    missing = `a small disk cannot be mounted here: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`
  }
})
afterAll(async () => {
  if (missing === undefined) execFileSync('umount', [disk])
  await folder?.remove()
})

describe('a full disk', () => {
  test('fails inserts so that they can be retried, makes the warehouse unhealthy, and loses nothing', async context => {
    context.skip(missing !== undefined, missing)
    const filler = join(disk, 'filler')
    const warehouse = await openEmbeddedWarehouse({ folder: join(disk, 'data') })
    try {
      await warehouse.migrate(planWith('views'))
      const first = numberedBatch(0)
      await warehouse.insertBlock('events', first.block, first.token)
      await fill(filler)
      expect(await warehouse.health()).toMatchObject({
        healthy: false,
        blocking: false,
        reason: expect.stringContaining('of the disk is free'),
      })

      const second = numberedBatch(1)
      await expect(warehouse.insertBlock('events', second.block, second.token)).rejects.toBeInstanceOf(WarehouseUnavailable)
      expect(await totals(warehouse)).toEqual(expectedTotals(1))

      await rm(filler)
      await warehouse.insertBlock('events', second.block, second.token)
      expect(await totals(warehouse)).toEqual(expectedTotals(2))
      expect(await warehouse.health()).toMatchObject({ healthy: true })
    } finally {
      await warehouse.close()
    }
  })

  async function fill(path: string): Promise<void> {
    const { bavail, bsize } = await statfs(disk)
    await writeFile(path, randomBytes(bavail * bsize - 8192))
  }
})
