import { encodeRecord, encodeRows, planFingerprint, type Row } from '@northstar/events'
import type { ProductCopy } from '../support/product-copy.ts'
import type { Stores } from '../support/stores.ts'

export const KIND = 'command_generated'
export const EVENTS_A_RECORD = 2

/** Appends records of two events each, one partition after the other. Their ids begin with the prefix. */
export async function appendEvents(
  { log }: Pick<Stores, 'log'>,
  { catalogue }: ProductCopy,
  prefix: string,
  records: number,
  partitions = 1,
): Promise<void> {
  for (let record = 0; record < records; record++) {
    const rows = Array.from({ length: EVENTS_A_RECORD }, (_, index): Row => {
      const at = Date.now()
      const common = { event: KIND, id: `${prefix}-${record}-${index}`, timestamp: at, received_at: at, user_id: '00', session_id: '00' }
      return { ...common, category: 'devops', platform: 'linux' }
    })
    await log.append([
      { partition: record % partitions, ...encodeRecord(encodeRows(catalogue.plan.columns, rows), planFingerprint(catalogue.plan)) },
    ])
  }
}
