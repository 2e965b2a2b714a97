import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { caughtUp } from '../support/caught-up.ts'
import { post } from '../support/load.ts'
import { copyProduct, type ProductCopy } from '../support/product-copy.ts'
import type { Figure } from './figure.ts'
import { runEmbedded } from './installations.ts'
import { cpuSeconds } from './process-usage.ts'

const RULES = 1_000
const MEMBERS = 10
const WINDOWS = ['5m', '10m', '15m', '30m', '1h', '2h', '6h', '12h', '1d', '2d']
const SETTLE_MS = 10_000
const WATCH_S = 30

/** What rules cost when nothing happens: `northstar up` with none, and with a thousand of ten members each. */
export async function bench(): Promise<readonly Figure[]> {
  const none = await atRest('groups: []\n')
  const many = await atRest(rulesFile())
  return [
    { name: 'at rest without rules: CPU of a core', value: none * 100, unit: '%' },
    { name: 'at rest with 10,000 members of rules: CPU of a core', value: many * 100, unit: '%' },
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

/** The share of a core that the process takes while no event comes, though its windows hold some. */
async function atRest(rules: string): Promise<number> {
  const product: ProductCopy = await copyProduct()
  await writeFile(join(product.folder, 'alerts.yaml'), rules)
  const { installation, pids, remove } = await runEmbedded({ product })
  try {
    const events = Array.from({ length: MEMBERS * 10 }, (_, i) => ({
      event: 'command_generated',
      user_id: `u${i}`,
      properties: { category: `category-${i % MEMBERS}` },
    }))
    await post(installation.ingest, JSON.stringify(events))
    await caughtUp(installation)
    await sleep(SETTLE_MS)
    const before = cpuSeconds(pids)
    await sleep(WATCH_S * 1_000)
    return (cpuSeconds(pids) - before) / WATCH_S
  } finally {
    await remove()
  }
}
