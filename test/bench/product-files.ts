import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { alertsSection } from '@northstar/alerting'
import { inspectProduct } from '@northstar/catalogue'
import { metricsSection, releasesSection } from '@northstar/metrics'
import { channelsSection } from '@northstar/notifications'
import { copyProduct } from '../support/product-copy.ts'
import type { Figure } from './figure.ts'

const FEW = 5_000
const MANY = 20_000

type Entry = (i: number) => string

/** Text of a product file around generated entries, by file. Those named wrong have a mistake in each entry. */
const FILES: Readonly<Record<string, readonly [file: string, head: string, entry: Entry]>> = {
  metrics: [
    'metrics.yaml',
    'metrics:\n',
    i => `  m${i}: { title: M, description: M., unit: count, kind: count, events: downloads, by: [platform] }\n`,
  ],
  'metrics, all wrong': [
    'metrics.yaml',
    'metrics:\n',
    i => `  m${i}: { title: M, description: M., unit: cuont, kind: count, events: dwnloads, by: [platfrm] }\n`,
  ],
  'events of the plan': [
    'tracking-plan.yaml',
    'events:\n',
    i => `  e${i}: { description: E., properties: { amount: { type: number } } }\n`,
  ],
  'properties of the plan': [
    'tracking-plan.yaml',
    'events:\n  e:\n    description: E.\n    properties:\n',
    i => `      p${i}: { type: number }\n`,
  ],
  rules: [
    'alerts.yaml',
    'groups:\n  - name: g\n    rules:\n',
    i => `      - { alert: r${i}, metric: downloads, window: 1h, condition: { below: 1 }, severity: P2, action: Look. }\n`,
  ],
  'rules, all wrong': [
    'alerts.yaml',
    'groups:\n  - name: g\n    rules:\n',
    i => `      - { alert: r${i}, metric: dwnloads${i}, window: 1h, condition: { below: 1 }, severity: P2, action: Look. }\n`,
  ],
  releases: ['releases.yaml', 'releases:\n', i => `  - { version: 1.${i}.0, stage: full }\n`],
  channels: [
    'channels.yaml',
    'receivers: { team: [] }\nroute: { receiver: team }\nchannels:\n',
    i => `  c${i}: { type: webhook, url: 'https://example.org/${i}' }\n`,
  ],
  routes: [
    'channels.yaml',
    'channels: {}\nreceivers: { team: [] }\nroute:\n  receiver: team\n  routes:\n',
    i => `    - { matchers: ['team="t${i}"'], receiver: team }\n`,
  ],
}

const SECTIONS = { metrics: metricsSection, releases: releasesSection, rules: alertsSection, notifying: channelsSection }

/** How much more the check of a product takes for four times as many entries of a file: 4 is in proportion, 16 a square. */
export async function bench(): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const [name, [file, head, entry]] of Object.entries(FILES)) {
    const [few, many] = [await cpuMs(file, head, entry, FEW), await cpuMs(file, head, entry, MANY)]
    figures.push({ name: `check of ${name}: ${MANY / FEW} times as many`, value: many / few, unit: '×' })
  }
  return figures
}

/** CPU of a check, ms. */
async function cpuMs(file: string, head: string, entry: Entry, count: number): Promise<number> {
  const product = await copyProduct()
  try {
    await writeFile(join(product.folder, file), head + Array.from({ length: count }, (_, i) => entry(i)).join(''))
    const before = process.cpuUsage()
    inspectProduct(product.folder, SECTIONS)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  } finally {
    await product.remove()
  }
}
