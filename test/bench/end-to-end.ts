import { cpus } from 'node:os'
import { caughtUp } from '../support/caught-up.ts'
import { WRITE_KEY } from '../support/installation.ts'
import type { Figure } from './figure.ts'
import { type Running, runDistributed, runEmbedded } from './installations.ts'
import { sendLoad } from './load.ts'
import { cpuSeconds } from './process-usage.ts'

const WARM_UP = 200_000
const EVENTS = 1_000_000

/** The whole way: from the first request until every event is counted and stored. */
export async function bench(): Promise<readonly Figure[]> {
  return [...(await measure('all, embedded', runEmbedded)), ...(await measure('all, distributed', runDistributed))]
}

async function measure(name: string, run: () => Promise<Running>): Promise<readonly Figure[]> {
  const { installation, pids, serverPids, remove } = await run()
  try {
    const order = { url: installation.ingest, writeKey: WRITE_KEY, batch: 100, connections: 16 }
    await sendLoad({ ...order, events: WARM_UP })
    await caughtUp(installation)
    const all = [...pids, ...serverPids]
    const before = all.map(pid => cpuSeconds([pid]))
    const start = performance.now()
    const sent = await sendLoad({ ...order, events: EVENTS })
    await caughtUp(installation)
    const seconds = (performance.now() - start) / 1_000
    const used = all.map((pid, i) => cpuSeconds([pid]) - (before[i] ?? 0))
    const cpu = used.reduce((sum, one) => sum + one, 0)
    const servers = used.slice(pids.length).reduce((sum, one) => sum + one, 0)
    const names = [...installation.services.map(service => service.role), 'Kafka', 'Redis', 'ClickHouse']
    process.stderr.write(`  ${name}: ${used.map((one, i) => `${names[i]} ${((one / EVENTS) * 1e6).toFixed(1)}`).join(', ')} µs/event\n`)
    return [
      { name: `${name}: counted and stored`, value: EVENTS / seconds, unit: 'events/s' },
      // The rate of the machine without the sender and other processes.
      { name: `${name}: all cores would take`, value: EVENTS / (cpu / cpus().length), unit: 'events/s' },
      { name: `${name}: CPU in all`, value: (cpu / EVENTS) * 1e6, unit: 'µs/event' },
      ...(servers > 0 ? ([{ name: `${name}: CPU of the servers`, value: (servers / EVENTS) * 1e6, unit: 'µs/event' }] as const) : []),
      { name: `${name}: CPU of the sender`, value: (sent.cpuSeconds / EVENTS) * 1e6, unit: 'µs/event' },
    ]
  } finally {
    await remove()
  }
}
