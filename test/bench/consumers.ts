import { setTimeout as sleep } from 'node:timers/promises'
import { loadProduct } from '@northstar/catalogue'
import type { EventLog } from '@northstar/event-log'
import { migrateEventLog, openEventLog } from '@northstar/event-log/open'
import { metricsSection } from '@northstar/metrics'
import { createLogIncidents, type LogIncidents } from '@northstar/pipeline'
import { createLogger } from '@northstar/runtime'
import { openState } from '@northstar/state/open'
import { startKafka, tempFolder } from '@northstar/testkit'
import { ROOT } from '../support/northstar.ts'
import { fillLog } from './events.ts'
import type { Figure } from './figure.ts'
import { cpuSeconds } from './process-usage.ts'

export const PRODUCT = 'bench'
export const { catalogue } = loadProduct(`${ROOT}deploy/products/caro`, { metrics: metricsSection })
export const logger = createLogger('warn', 'bench')

/** Events of a filled log. */
export const EVENTS = 1_200_000
/** The share of the events that warms up. */
const WARM_UP = 0.2

export interface FilledLog {
  readonly log: EventLog
  /** Of all values and headers. */
  readonly bytes: number
  close(): Promise<void>
}

/** A log that holds a million events and some more. */
export async function filledEmbeddedLog(folder: string): Promise<FilledLog> {
  const log = await openEventLog({ product: PRODUCT, folder, partitions: 1 }, { logger, clientId: 'bench' })
  const bytes = await fillLog(log, EVENTS, catalogue.plan)
  return { log, bytes, close: () => log.close() }
}

export async function filledKafkaLog(): Promise<FilledLog> {
  const kafka = await startKafka()
  const settings = { product: PRODUCT, kafka: { brokers: [kafka.brokers], ssl: false }, folder: '', partitions: 8 }
  await migrateEventLog(settings, 'bench')
  const log = await openEventLog(settings, { logger, clientId: 'bench' })
  const bytes = await fillLog(log, EVENTS, catalogue.plan)
  return {
    log,
    bytes,
    async close() {
      await log.close()
      await kafka.stop()
    },
  }
}

/** Runs a benchmark with a state store for the incidents that it does not expect. */
export async function withIncidents<T>(work: (incidents: LogIncidents) => Promise<T>): Promise<T> {
  const folder = await tempFolder('bench-state')
  const state = openState({ product: PRODUCT, folder: folder.path }, Date.now)
  try {
    return await work(createLogIncidents(state, Date.now))
  } finally {
    await state.close()
    await folder.remove()
  }
}

export interface Consuming {
  readonly name: string
  readonly log: EventLog
  /** How many log records of all partitions are worked off. */
  readonly done: () => Promise<number>
  readonly service: { start(): Promise<void>; stop(): Promise<void> }
  /** Of the store, where it runs apart. */
  readonly storePids: readonly number[]
}

/** Lets a service work off the log from its start: how fast, and at what cost, once it is warm. */
export async function consumeAll({ name, log, done, service, storePids }: Consuming): Promise<readonly Figure[]> {
  const records = (await log.bounds()).reduce((sum, { next }) => sum + next, 0)
  const at = async () => ({
    records: await done(),
    time: performance.now(),
    client: cpuSeconds([process.pid]),
    store: cpuSeconds(storePids),
  })
  const reaches = async (target: number) => {
    for (;;) {
      const now = await at()
      if (now.records >= target) return now
      await sleep(20)
    }
  }
  await service.start()
  const from = await reaches(records * WARM_UP)
  const to = await reaches(records)
  await service.stop()
  const events = ((to.records - from.records) / records) * EVENTS
  const micros = (seconds: number) => (seconds / events) * 1e6
  const client = to.client - from.client
  const store = to.store - from.store
  return [
    { name: `${name}: events`, value: (events / (to.time - from.time)) * 1_000, unit: 'events/s' },
    { name: `${name}: CPU in all`, value: micros(client + store), unit: 'µs/event' },
    ...(storePids.length > 0
      ? ([
          { name: `${name}: CPU of the service`, value: micros(client), unit: 'µs/event' },
          { name: `${name}: CPU of the store`, value: micros(store), unit: 'µs/event' },
        ] as const)
      : []),
  ]
}
