import { setTimeout as sleep } from 'node:timers/promises'
import type { Product } from '@northstar/catalogue'
import type { MetricCatalogue } from '@northstar/metrics'
import type { Settings } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { loadSimulation } from './product.ts'
import { withProgress } from './progress.ts'
import { launchEndingToday, sendEvents, simulate, weekStartsFrom } from './simulate/index.ts'

const DOCUMENT = 'demo'
const SEED = 1
const WEEKS = 4
const POLL_MS = 100

interface Demo {
  /** The launch day of the demo's data, `YYYY-MM-DD`. */
  readonly launch: string
  readonly filled: boolean
}

/** The launch day of the product, or of its demo, whose data ends on the day of its first start. */
export async function launchOfDemo(state: StateStore, product: Product, isDemo: boolean, now: number): Promise<string> {
  const demo = (await state.get<Demo>(DOCUMENT))?.value
  if (demo) return demo.launch
  if (!isDemo) return product.launch
  const launch = launchEndingToday(now, product.timezone, WEEKS)
  await state.put(DOCUMENT, { launch, filled: false } satisfies Demo)
  return launch
}

/** Sends the demo data once. Ids are deterministic, so an interrupted run can be repeated. */
export async function fillDemo(options: {
  readonly settings: Settings
  readonly catalogue: MetricCatalogue
  readonly state: StateStore
  readonly url: string
  readonly writeKey: string
  /** The largest lag of a consumer group, in log records. */
  readonly behind: () => Promise<number>
}): Promise<void> {
  const { settings, catalogue, state, url, writeKey } = options
  const demo = (await state.get<Demo>(DOCUMENT))?.value
  if (!demo || demo.filled) return
  const scenario = loadSimulation(settings.productFolder).simulation
  if (!scenario) return
  const events = simulate(scenario, { seed: SEED, weekStarts: weekStartsFrom(demo.launch, catalogue.product.timezone, WEEKS) })
  await withProgress('Loading the demo', events.length, async progress => {
    await sendEvents(url, writeKey, events, { onProgress: ({ accepted }) => progress.update(accepted) })
    // Waits until all of it is visible.
    while ((await options.behind()) > 0) await sleep(POLL_MS)
  })
  await state.put(DOCUMENT, { ...demo, filled: true } satisfies Demo)
}
