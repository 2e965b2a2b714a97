import { openEmbeddedWarehouse } from './embedded/index.ts'
import type { Warehouse } from './port.ts'
import { connectWarehouse } from './server/index.ts'

/** Where the warehouse lies: on a server where a URL names one, else in a folder. */
export interface WarehouseSettings {
  readonly clickhouseUrl?: string
  /** The account that people's statements run under. Without it they run under that of `clickhouseUrl`. */
  readonly analystUrl?: string
  readonly folder: string
  /** Days after which rows are removed. */
  readonly retentionDays: number
  /** Refuse people's statements where the machine cannot isolate the processes that run them. */
  readonly requireSandbox?: boolean
}

/** @param onUnprotected called once, with what people's statements are not protected by */
export async function openWarehouse(settings: WarehouseSettings, onUnprotected?: (reason: string) => void): Promise<Warehouse> {
  const { clickhouseUrl, analystUrl, folder, retentionDays, requireSandbox } = settings
  if (clickhouseUrl === undefined) return openEmbeddedWarehouse({ folder, retentionDays, requireSandbox, onUnprotected })
  if (analystUrl === undefined)
    onUnprotected?.('they run under the account of CLICKHOUSE_URL: name one that may only read by CLICKHOUSE_ANALYST_URL')
  return connectWarehouse({ url: clickhouseUrl, analystUrl, retentionDays })
}
