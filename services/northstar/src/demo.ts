import { setTimeout as sleep } from 'node:timers/promises'
import type { Product } from '@northstar/catalogue'
import type { MetricCatalogue } from '@northstar/metrics'
import type { Settings } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { loadSimulation } from './product.ts'
import { startProgress } from './progress.ts'
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

/** The product's launch day, or the demo's: its beta ends when the demo is first started. */
export async function launchOfDemo(state: StateStore, product: Product, wanted: boolean, now: number): Promise<string> {
  const demo = (await state.get<Demo>(DOCUMENT))?.value
  if (demo) return demo.launch
  if (!wanted) return product.launch
  const launch = launchEndingToday(now, product.timezone, WEEKS)
  await state.put(DOCUMENT, { launch, filled: false } satisfies Demo)
  return launch
}

/** Sends the simulated beta once. Ids are deterministic, so an interrupted run is repeated. */
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
  const progress = startProgress('Loading the demo', events.length)
  await sendEvents(url, writeKey, events, { onProgress: ({ accepted }) => progress.update(accepted) })
  // Ready means that all of it is visible.
  while ((await options.behind()) > 0) await sleep(POLL_MS)
  progress.stop()
  await state.put(DOCUMENT, { ...demo, filled: true } satisfies Demo)
}
