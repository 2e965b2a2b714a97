import { openEmbeddedWarehouse } from './embedded/index.ts'
import type { Warehouse } from './port.ts'
import { connectWarehouse } from './server/index.ts'

/** The location of the warehouse: the server of a URL, else a folder. */
export interface WarehouseSettings {
  readonly clickhouseUrl?: string
  /** The account of ad-hoc statements. Default: that of `clickhouseUrl`. */
  readonly analystUrl?: string
  readonly folder: string
  /** Days after which rows are removed. */
  readonly retentionDays: number
  /** Refuse ad-hoc statements if the machine cannot isolate their processes. */
  readonly requireSandbox?: boolean
}

/** @param onUnprotected called once with the reason if ad-hoc statements are not protected */
export async function openWarehouse(settings: WarehouseSettings, onUnprotected?: (reason: string) => void): Promise<Warehouse> {
  const { clickhouseUrl, analystUrl, folder, retentionDays, requireSandbox } = settings
  if (clickhouseUrl === undefined) return openEmbeddedWarehouse({ folder, retentionDays, requireSandbox, onUnprotected })
  if (analystUrl === undefined) onUnprotected?.('they use the account of CLICKHOUSE_URL: set CLICKHOUSE_ANALYST_URL to a read-only account')
  return connectWarehouse({ url: clickhouseUrl, analystUrl, retentionDays })
}
