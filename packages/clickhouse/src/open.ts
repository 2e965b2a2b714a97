import { openEmbeddedWarehouse } from './embedded/index.ts'
import type { Warehouse } from './port.ts'
import { connectWarehouse } from './server/index.ts'

/** Where the warehouse lies: on a server where a URL names one, else in a folder. */
export interface WarehouseSettings {
  readonly clickhouseUrl?: string
  readonly folder: string
  /** Days after which rows are removed. */
  readonly retentionDays: number
}

export async function openWarehouse({ clickhouseUrl, folder, retentionDays }: WarehouseSettings): Promise<Warehouse> {
  return clickhouseUrl ? connectWarehouse({ url: clickhouseUrl, retentionDays }) : openEmbeddedWarehouse({ folder, retentionDays })
}
