import type { LogRecord } from '@northstar/event-log'
import { createRowCheck, encodeChunk, planFingerprint, type Row, rowJson } from '@northstar/events'
import type { Installation } from '../support/installation.ts'
import type { NativeEvent } from '../support/load.ts'
import { withStores } from '../support/stores.ts'

/** Appends what no ingest of ours would: gives the dead letters that it must become, and the events beside them that are good. */
export async function appendDamage(installation: Installation): Promise<{ letters: Record<string, string>; good: NativeEvent[] }> {
  const at = Date.now()
  const row = (id: string, properties: Readonly<Record<string, unknown>>) => {
    const whose = { user_id: '0123456789abcdef', session_id: 'fedcba9876543210' }
    return { event: 'command_generated', id, timestamp: at, received_at: at, ...whose, category: 'devops', ...properties } as Row
  }
  const { plan } = installation.product.catalogue
  const checked = planFingerprint(plan)
  const whole = encodeChunk([row('damage-1', {}), row('damage-2', { platform: 7 }), row('damage-3', {}), row('damage-4', {})], checked)
  const lines = Buffer.from(whole.value).toString().split('\n')
  const wrongType = lines[1] ?? ''
  lines[3] = '{"event":'
  const unfit = UNFIT.map(([property, value], i) => row(`unfit-${i}`, { [property]: value }))
  const unchecked = encodeChunk([row('damage-5', {}), ...unfit])
  const records: LogRecord[] = [
    { partition: 0, value: Buffer.from('no chunk at all'), headers: {} },
    { partition: 0, value: Buffer.from(lines.join('\n')), headers: whole.headers },
    { partition: 0, ...unchecked },
  ]
  // An embedded log is open in one process at a time.
  if (installation.mode === 'embedded') await installation.stop()
  await withStores(installation.env, installation.product.catalogue, ({ log }) => log.append(records))
  if (installation.mode === 'embedded') await installation.start()
  const good = ['damage-1', 'damage-3', 'damage-5'].map(id => ({
    event: 'command_generated',
    id,
    timestamp: new Date(at).toISOString(),
    properties: { category: 'devops' },
  }))
  const check = createRowCheck(plan)
  const letters = {
    no_version: 'no chunk at all',
    'platform: expected string, found number': wrongType,
    not_json: '{"event":',
    ...Object.fromEntries(unfit.map(one => [check(one) ?? '', rowJson(one)])),
  }
  return { letters, good }
}

/** What the plan does not allow, but ClickHouse would take for what its columns hold. */
export const UNFIT: readonly (readonly [property: string, value: unknown])[] = [
  ['memory_kb', '12'],
  ['rating', '4'],
  ['rating', 2 ** 60],
  ['success', 1],
  ['category', null],
]
