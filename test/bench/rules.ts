import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { caughtUp } from '../support/caught-up.ts'
import { WRITE_KEY } from '../support/installation.ts'
import { post } from '../support/load.ts'
import { copyProduct, type ProductCopy } from '../support/product-copy.ts'
import type { Figure } from './figure.ts'
import { runEmbedded } from './installations.ts'
import { sendLoad } from './load.ts'
import { cpuSeconds } from './process-usage.ts'

const RULES = 1_000
const MEMBERS = 10
const WINDOWS = ['5m', '10m', '15m', '30m', '1h', '2h', '6h', '12h', '1d', '2d']
const SETTLE_MS = 10_000
const WATCH_S = 30
const EVENTS_A_SECOND = 1_000
const WARM_UP_MS = 10_000

/** The CPU of `northstar up` with no rules, and with a thousand of ten members each: at rest, and while events move the counters of all of them. */
export async function bench(): Promise<readonly Figure[]> {
  const none = await measure('groups: []\n')
  const many = await measure(rulesFile())
  return [
    { name: 'at rest without rules: CPU of a core', value: none.atRest, unit: '%' },
    { name: 'at rest with 10,000 members of rules: CPU of a core', value: many.atRest, unit: '%' },
    { name: '1,000 events/s without rules: CPU of a core', value: none.underLoad, unit: '%' },
    { name: '1,000 events/s with 10,000 members of rules: CPU of a core', value: many.underLoad, unit: '%' },
  ]
}

function rulesFile(): string {
  const rules = Array.from(
    { length: RULES },
    (_, i) =>
      `{ alert: r${i}, metric: commands, by: category, window: ${WINDOWS[i % WINDOWS.length]}, condition: { above: ${1_000 + i} }, severity: P3, action: None }`,
  )
  return `groups:\n  - name: bench\n    rules:\n${rules.map(rule => `      - ${rule}\n`).join('')}`
}

async function measure(rules: string): Promise<{ readonly atRest: number; readonly underLoad: number }> {
  const product: ProductCopy = await copyProduct()
  await writeFile(join(product.folder, 'alerts.yaml'), rules)
  const { installation, pids, remove } = await runEmbedded({ product })
  const watch = async () => {
    const before = cpuSeconds(pids)
    await sleep(WATCH_S * 1_000)
    return ((cpuSeconds(pids) - before) / WATCH_S) * 100
  }
  try {
    const events = Array.from({ length: MEMBERS * 10 }, (_, i) => ({
      event: 'command_generated',
      user_id: `u${i}`,
      properties: { category: `category-${i % MEMBERS}` },
    }))
    await post(installation.ingest, JSON.stringify(events))
    await caughtUp(installation)
    await sleep(SETTLE_MS)
    const atRest = await watch()
    const seconds = WARM_UP_MS / 1_000 + WATCH_S + 2
    const load = sendLoad({
      url: installation.ingest,
      writeKey: WRITE_KEY,
      batch: 100,
      connections: 2,
      events: seconds * EVENTS_A_SECOND,
      eventsPerSecond: EVENTS_A_SECOND,
    })
    await sleep(WARM_UP_MS)
    const underLoad = await watch()
    await load
    return { atRest, underLoad }
  } finally {
    await remove()
  }
}
