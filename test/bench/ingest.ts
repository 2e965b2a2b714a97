import { tempFolder } from '@northstar/testkit'
import { WRITE_KEY } from '../support/installation.ts'
import type { Figure } from './figure.ts'
import { sendLoad } from './load.ts'
import { cpuSeconds } from './process-usage.ts'
import { startAlone } from './service.ts'

const WARM_UP = 200_000
const EVENTS = 1_500_000

/** Ingest as a process of its own over the embedded log: what HTTP, checks, pseudonyms and a durable append cost together. */
export async function bench(): Promise<readonly Figure[]> {
  const data = await tempFolder('bench-ingest')
  const ingest = await startAlone('ingest', data.path)
  try {
    const order = { url: ingest.url, writeKey: WRITE_KEY, batch: 100, connections: 16 }
    await sendLoad({ ...order, events: WARM_UP })
    const before = cpuSeconds([ingest.pid])
    const { accepted, seconds } = await sendLoad({ ...order, events: EVENTS })
    const cpu = cpuSeconds([ingest.pid]) - before
    return [
      { name: 'ingest, batches of 100', value: accepted / seconds, unit: 'events/s' },
      { name: 'ingest: a core would take', value: accepted / cpu, unit: 'events/s' },
      { name: 'ingest: CPU', value: (cpu / accepted) * 1e6, unit: 'µs/event' },
    ]
  } finally {
    await ingest.stop()
    await data.remove()
  }
}
