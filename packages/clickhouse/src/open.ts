import { openEmbeddedWarehouse } from './embedded/index.ts'
import type { Warehouse } from './index.ts'
import { connectWarehouse } from './server/index.ts'

/** Where the warehouse lies: on a server where a URL names one, else in a folder. */
export interface WarehouseSettings {
  readonly clickhouseUrl?: string
  readonly folder: string
}

export async function openWarehouse({ clickhouseUrl, folder }: WarehouseSettings): Promise<Warehouse> {
  return clickhouseUrl ? connectWarehouse({ url: clickhouseUrl }) : openEmbeddedWarehouse({ folder })
}
