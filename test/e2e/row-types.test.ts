import { RowsRefused } from '@northstar/clickhouse'
import { createRowCheck, type Row } from '@northstar/events'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyProduct, type ProductCopy } from '../support/product-copy.ts'
import { openStores, type Stores } from '../support/stores.ts'

/** Values that the plan does not allow their property, and that ClickHouse refuses by itself. */
const UNFIT: readonly (readonly [property: string, value: unknown])[] = [
  ['category', 7],
  ['category', true],
  ['category', ['devops']],
  ['category', { a: 1 }],
  ['memory_kb', 'much'],
  ['memory_kb', true],
  ['success', 'perhaps'],
  ['success', 'true'],
  ['rating', 4.5],
]

describe('a row that the counters refuse is refused by the warehouse', () => {
  let folder: TempFolder
  let product: ProductCopy
  let stores: Stores
  beforeAll(async () => {
    folder = await tempFolder('row-types')
    product = await copyProduct()
    stores = await openStores({ NORTHSTAR_PRODUCT: product.folder, NORTHSTAR_DATA_DIR: folder.path }, product.catalogue)
    await stores.warehouse.migrate(product.catalogue.plan)
  })
  afterAll(async () => {
    await stores?.close()
    await product?.remove()
    await folder?.remove()
  })

  async function refusedByBoth(property: string, value: unknown): Promise<void> {
    const at = Date.now()
    const fixed = { event: 'e', id: `${property}-${String(value)}`, timestamp: at, received_at: at, user_id: '', session_id: '' }
    const row = { ...fixed, [property]: value } as Row
    expect(createRowCheck(product.catalogue.plan)(row)).toContain(property)
    const token = `unfit:${property}:${Buffer.from(JSON.stringify(value)).toString('hex')}`
    const insert = stores.warehouse.insert('events', [Buffer.from(`${JSON.stringify(row)}\n`)], token)
    await expect(insert).rejects.toBeInstanceOf(RowsRefused)
  }

  test.each(UNFIT)('%s: %j', refusedByBoth)
})
