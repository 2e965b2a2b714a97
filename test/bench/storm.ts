import { alertsFile } from '@northstar/alerting'
import { createAlerts } from '@northstar/alerts'
import { channelsFile } from '@northstar/notifications'
import { createLogger } from '@northstar/runtime'
import { openEmbeddedState } from '@northstar/state/embedded'
import { startReceiver, tempFolder } from '@northstar/testkit'
import type { Figure } from './figure.ts'

const SIZES = [1_000, 10_000]
const LOOK_MS = 20
const LONGEST_MS = 300_000

const rules = alertsFile.parse({
  groups: [
    {
      name: 'g',
      rules: [{ alert: 'storm', metric: 'm', window: '5m', by: 'member', condition: { above: 0 }, severity: 'P0', action: '' }],
    },
  ],
})

/** Thousands of members of a rule fire at once, each an incident of its own: the cost an alert stays the same. */
export async function bench(): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const size of SIZES) {
    const { cpuMs, allMs, sent } = await storm(size)
    if (sent !== size) throw new Error(`${sent} incidents of ${size} alerts`)
    const name = `storm of ${size.toLocaleString('en')} alerts`
    figures.push(
      { name: `${name}: CPU an alert`, value: cpuMs / size, unit: 'ms' },
      { name: `${name}: all sent`, value: allMs, unit: 'ms' },
    )
  }
  return figures
}

async function storm(size: number): Promise<{ cpuMs: number; allMs: number; sent: number }> {
  const folder = await tempFolder('bench-storm')
  const state = openEmbeddedState({ path: folder.path })
  const receiver = await startReceiver()
  const keys = new Set<string>()
  let sent = 0
  receiver.otherwise(request => {
    sent++
    keys.add((request.json() as { dedup_key: string }).dedup_key)
    return 202
  })
  const notifying = channelsFile.parse({
    channels: { pager: { type: 'pagerduty', routing_key: 'k', url: receiver.url } },
    receivers: { all: ['pager'] },
    route: { receiver: 'all', group_wait: 0 },
  })
  const points = Array.from({ length: size }, (_, i) => ({ by: { member: `m${i}` }, value: 1, sample: 1 }))
  const alerts = createAlerts(
    { holder: 'bench', leaseMs: 10_000, allowPrivateTargets: true, publicUrl: 'http://127.0.0.1' },
    {
      catalogue: {
        product: { name: 'p', title: 'P', timezone: 'UTC', launch: '2026-01-15' },
        plan: { events: new Map(), columns: [] },
        metrics: new Map(),
        rules,
        notifying,
      },
      read: () => Promise.resolve({ points, source: 'warehouse' }),
      state,
      warehouse: { insert: () => Promise.resolve(), query: () => Promise.resolve([]) },
      now: Date.now,
      logger: createLogger('silent', 'bench'),
    },
  )
  const begin = performance.now()
  const before = process.cpuUsage()
  await alerts.start()
  while (keys.size < size && performance.now() - begin < LONGEST_MS) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  const allMs = performance.now() - begin
  const { user, system } = process.cpuUsage(before)
  await alerts.stop()
  await receiver.stop()
  await state.close()
  await folder.remove()
  return { cpuMs: (user + system) / 1_000, allMs, sent }
}
