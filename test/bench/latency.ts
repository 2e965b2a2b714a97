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
import { measureCores } from './process-usage.ts'
import { describeSpans, readSpans } from './spans.ts'

/** A rate at which alerts are to be quick, and about half of what each mode takes in all while the machine's host is busy. */
const EVENTS_A_SECOND = { embedded: [10_000, 30_000], distributed: [10_000, 18_000] } as const
const WARM_UP_S = 25
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

/** From sending an event to the webhook's body having arrived, under a steady load. */
export async function bench(): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const [mode, run] of [
    ['embedded', runEmbedded],
    ['distributed', runDistributed],
  ] as const) {
    for (const eventsPerSecond of EVENTS_A_SECOND[mode]) figures.push(...(await measure(mode, eventsPerSecond, run)))
  }
  return figures
}

/** The servers' names, in the order of their processes. */
const servers = (pids: readonly number[]) => pids.map((pid, i) => [['kafka', 'redis', 'clickhouse'][i] ?? '', pid] as const)

interface WebhookAlert {
  readonly status: string
  readonly startsAt: string
  readonly labels: Readonly<Record<string, string>>
}

interface Heard {
  readonly at: number
  readonly evaluatedAt: number
}

async function measure(
  mode: keyof typeof EVENTS_A_SECOND,
  eventsPerSecond: number,
  run: (options: { product: ProductCopy; env: Record<string, string> }) => Promise<Running>,
): Promise<readonly Figure[]> {
  const name = `event to webhook, ${mode}, ${eventsPerSecond.toLocaleString('en')} events/s`
  const sentAt = new Map<string, number>()
  const answeredAt = new Map<string, number>()
  const heardAt = new Map<string, Heard>()
  const receiver = await startReceiver()
  const product = await copyProduct()
  await appendFile(join(product.folder, 'alerts.yaml'), RULE)
  const { installation, serverPids, remove } = await run({ product, env: { NORTHSTAR_ALERT_WEBHOOK_URL: receiver.url } })
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
    const before = await readSpans(installation)
    const began = performance.now()
    const cores = measureCores(
      new Map([...installation.services.map(({ role, process: { pid } }) => [role, pid] as const), ...servers(serverPids)]),
    )
    for (let i = 0; i < PROBES; i++) {
      const category = `probe-${i}`
      sentAt.set(category, Date.now())
      const event = { event: 'command_generated', user_id: category, properties: { category } }
      // Not awaited: a slow answer must not space the probes out.
      void post(installation.ingest, JSON.stringify(event)).then(() => answeredAt.set(category, Date.now()))
      await sleep(EVERY_MS)
    }
    const used = cores()
    const spans = describeSpans(before, await readSpans(installation), (performance.now() - began) / 1_000)
    const { accepted, seconds: took } = await load
    await heard()
    const waits = [...sentAt].map(([category, at]) => (heardAt.get(category)?.at ?? Number.POSITIVE_INFINITY) - at)
    const shares = [...used].map(([process, percent]) => `${process} ${percent.toFixed(0)}%`).join(', ')
    process.stderr.write(`  ${name}\n${describeLegs()}\n${spans}\n  CPU of a core: ${shares}\n`)
    return [
      ...Object.entries(LEVELS).map(([level, part]) => ({ name: `${name}: ${level}`, value: quantile(waits, part), unit: 'ms' as const })),
      { name: `${name}: load meanwhile`, value: accepted / took, unit: 'events/s' },
      { name: `${name}: CPU of a core, servers included`, value: [...used.values()].reduce((a, b) => a + b, 0), unit: '%' },
    ]
  } finally {
    await remove()
    await receiver.stop()
  }

  /** When each probe's alert began, and when it arrived; waits until all have, or none has come for long. */
  async function heard(): Promise<void> {
    for (let patience = 0; patience < 100 && heardAt.size < PROBES; patience++) {
      for (const request of receiver.requests) {
        const { alerts } = request.json() as { alerts: readonly WebhookAlert[] }
        for (const { status, labels, startsAt } of alerts) {
          const { category = '' } = labels
          if (status === 'firing' && category.startsWith('probe-') && !heardAt.has(category))
            heardAt.set(category, { at: request.at, evaluatedAt: Date.parse(startsAt) })
        }
      }
      await sleep(100)
    }
  }

  /** The three legs of a probe's way that can be seen from outside. */
  function describeLegs(): string {
    const legs = [...heardAt].map(([category, { at, evaluatedAt }]) => {
      const [sent = 0, answered = 0] = [sentAt.get(category), answeredAt.get(category)]
      return { 'until durable': answered - sent, 'until evaluated': evaluatedAt - answered, 'until received': at - evaluatedAt }
    })
    const line = (leg: 'until durable' | 'until evaluated' | 'until received') => {
      const values = legs.map(one => one[leg])
      return `  ${leg.padEnd(22)} ${quantile(values, 0.5).toFixed(0).padStart(7)} ms p50 ${quantile(values, 0.99).toFixed(0).padStart(7)} ms p99`
    }
    return [line('until durable'), line('until evaluated'), line('until received')].join('\n')
  }
}
