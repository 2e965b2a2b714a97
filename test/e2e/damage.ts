import type { Column } from '@northstar/catalogue'
import type { LogRecord } from '@northstar/event-log'
import { encodeRecord, encodeRows, planFingerprint, type Row } from '@northstar/events'
import type { Installation } from '../support/installation.ts'
import type { NativeEvent } from '../support/load.ts'
import { withStores } from '../support/stores.ts'

/** Columns that the plan does not allow, with a value and the reason that the dead letter must have. */
export const UNFIT: readonly (readonly [reason: string, column: Column, value: string | number])[] = [
  ['memory_kb: expected number, found text', { name: 'memory_kb', type: 'string', lowCardinality: false }, '12'],
  ['rating: expected integer, found number', { name: 'rating', type: 'number', lowCardinality: false }, 4.5],
  ['rating: 9007199254740992 is out of range', { name: 'rating', type: 'integer', lowCardinality: false }, 2 ** 53],
  ['success: expected boolean, found integer', { name: 'success', type: 'integer', lowCardinality: false }, 1],
  ['category: expected string, found boolean', { name: 'category', type: 'boolean', lowCardinality: false }, 1],
]

/** Appends records that ingest never writes. Returns the expected dead letters by reason, and the valid events among them. */
export async function appendDamage(installation: Installation): Promise<{ letters: Record<string, string>; good: NativeEvent[] }> {
  const at = Date.now()
  const { plan } = installation.product.catalogue
  const row = (id: string, properties: Readonly<Record<string, string | number>> = { category: 'devops' }): Row => {
    const whose = { user_id: '0123456789abcdef', session_id: 'fedcba9876543210' }
    return { event: 'command_generated', id, timestamp: at, received_at: at, ...whose, ...properties }
  }
  const fitting = (id: string) => encodeRecord(encodeRows(plan.columns, [row(id)]), planFingerprint(plan))
  const cutOff = fitting('cut-off')
  const damaged: Record<string, Pick<LogRecord, 'value' | 'headers'>> = {
    no_version: { value: Buffer.from('no record at all'), headers: {} },
    unknown_version: { ...fitting('earlier'), headers: { ...fitting('earlier').headers, v: Buffer.from('1') } },
    block_cut_off: { ...cutOff, value: cutOff.value.subarray(0, -1) },
    ...Object.fromEntries(
      UNFIT.map(([reason, column, value]) => [reason, encodeRecord(encodeRows([column], [row(reason, { [column.name]: value })]))]),
    ),
  }
  const good = ['damage-1', 'damage-2', 'damage-3']
  const records: LogRecord[] = [...Object.values(damaged), ...good.map(fitting)].map(record => ({ partition: 0, ...record }))
  // An embedded log is open in one process at a time.
  if (installation.mode === 'embedded') await installation.stop()
  await withStores(installation.env, installation.product.catalogue, ({ log }) => log.append(records))
  if (installation.mode === 'embedded') await installation.start()
  return {
    letters: Object.fromEntries(Object.entries(damaged).map(([reason, { value }]) => [reason, Buffer.from(value).toString('latin1')])),
    good: good.map(id => ({
      event: 'command_generated',
      id,
      timestamp: new Date(at).toISOString(),
      properties: { category: 'devops' },
    })),
  }
}
