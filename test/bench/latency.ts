import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startReceiver } from '@northstar/testkit'
import { WRITE_KEY } from '../support/installation.ts'
import { post } from '../support/load.ts'
import { copyProduct, type ProductCopy } from '../support/product-copy.ts'
import { type Figure, quantile } from './figure.ts'
import { type Running, runDistributed, runEmbedded } from './installations.ts'
import { sendLoad } from './load.ts'

/** About half of what each mode takes in all while the machine's host is busy. */
const EVENTS_A_SECOND = { embedded: 30_000, distributed: 18_000 }
const WARM_UP_S = 3
const PROBES = 150
const EVERY_MS = 120
const LEVELS = { p10: 0.1, p50: 0.5, p90: 0.9, p99: 0.99, most: 1 }

/** Fires for every new kind of command, at once. */
const RULE = `
  - name: bench
    rules:
      - alert: new_kind_of_command
        metric: commands
        window: 5m
        by: category
        condition: { above: 0 }
        severity: P3
        action: None
        labels: { component: bench }
        annotations:
          summary: "{{ labels.category }}"
`

/** From sending an event to the webhook's body having arrived, beside a steady load. */
export async function bench(): Promise<readonly Figure[]> {
  return [...(await measure('embedded', runEmbedded)), ...(await measure('distributed', runDistributed))]
}

async function measure(
  mode: keyof typeof EVENTS_A_SECOND,
  run: (options: { product: ProductCopy; env: Record<string, string> }) => Promise<Running>,
): Promise<readonly Figure[]> {
  const name = `event to webhook, ${mode}`
  const eventsPerSecond = EVENTS_A_SECOND[mode]
  const receiver = await startReceiver()
  const product = await copyProduct()
  await appendFile(join(product.folder, 'alerts.yaml'), RULE)
  const { installation, remove } = await run({ product, env: { NORTHSTAR_ALERT_WEBHOOK_URL: receiver.url } })
  try {
    const seconds = WARM_UP_S + (PROBES * EVERY_MS) / 1_000 + 2
    const load = sendLoad({
      url: installation.ingest,
      writeKey: WRITE_KEY,
      batch: 100,
      connections: 8,
      events: Math.ceil((seconds * eventsPerSecond) / 100) * 100,
      eventsPerSecond,
    })
    await sleep(WARM_UP_S * 1_000)
    const sentAt = new Map<string, number>()
    for (let i = 0; i < PROBES; i++) {
      const category = `probe-${i}`
      sentAt.set(category, Date.now())
      const event = { event: 'command_generated', user_id: category, properties: { category } }
      // Not awaited: a slow answer must not space the probes out.
      void post(installation.ingest, JSON.stringify(event))
      await sleep(EVERY_MS)
    }
    const { accepted, seconds: took } = await load
    const heardAt = await heard()
    const waits = [...sentAt].map(([category, at]) => (heardAt.get(category) ?? Number.POSITIVE_INFINITY) - at)
    return [
      ...Object.entries(LEVELS).map(([level, part]) => ({ name: `${name}: ${level}`, value: quantile(waits, part), unit: 'ms' as const })),
      { name: `${name}: load meanwhile`, value: accepted / took, unit: 'events/s' },
    ]
  } finally {
    await remove()
    await receiver.stop()
  }

  /** When each probe's alert arrived; waits until all have, or none has come for long. */
  async function heard(): Promise<Map<string, number>> {
    const heardAt = new Map<string, number>()
    for (let patience = 0; patience < 100 && heardAt.size < PROBES; patience++) {
      for (const request of receiver.requests) {
        const { alerts } = request.json() as { alerts: readonly { status: string; labels: Readonly<Record<string, string>> }[] }
        for (const { status, labels } of alerts) {
          const { category = '' } = labels
          if (status === 'firing' && category.startsWith('probe-') && !heardAt.has(category)) heardAt.set(category, request.at)
        }
      }
      await sleep(100)
    }
    return heardAt
  }
}
