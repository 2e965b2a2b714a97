import { setTimeout as sleep } from 'node:timers/promises'
import { caughtUp } from '../support/caught-up.ts'
import { WRITE_KEY } from '../support/installation.ts'
import type { Figure } from './figure.ts'
import { type Running, runDistributed, runEmbedded } from './installations.ts'
import { sendLoad } from './load.ts'
import { cpuSeconds } from './process-usage.ts'

const PARTITIONS = [1, 8]
const EVENTS_A_SECOND = 100
const SETTLE_MS = 8_000
const WATCH_S = 30
const SERVERS = ['Kafka', 'Redis', 'ClickHouse']

/** The share of a core of each process without events, and at a hundred events a second, with one partition and with eight. */
export async function bench(): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const partitions of PARTITIONS) {
    const env = { NORTHSTAR_PARTITIONS: String(partitions) }
    figures.push(...(await measure(`embedded, ${partitions} partitions`, await runEmbedded({ env }))))
    figures.push(...(await measure(`distributed, ${partitions} partitions`, await runDistributed({ env }))))
  }
  return figures
}

async function measure(name: string, { installation, pids, serverPids, remove }: Running): Promise<readonly Figure[]> {
  const all = [...pids, ...serverPids]
  const roles = [...installation.services.map(({ role }) => role), ...SERVERS]
  const shares = async (meanwhile: () => Promise<unknown>) => {
    const before = all.map(pid => cpuSeconds([pid]))
    const start = performance.now()
    await meanwhile()
    const seconds = (performance.now() - start) / 1_000
    return all.map((pid, i) => ((cpuSeconds([pid]) - (before[i] ?? 0)) / seconds) * 100)
  }
  const load = (seconds: number) =>
    sendLoad({
      url: installation.ingest,
      writeKey: WRITE_KEY,
      batch: 1,
      connections: 4,
      events: EVENTS_A_SECOND * seconds,
      eventsPerSecond: EVENTS_A_SECOND,
    })
  try {
    await load(5)
    await caughtUp(installation)
    await sleep(SETTLE_MS)
    const idle = await shares(() => sleep(WATCH_S * 1_000))
    const busy = await shares(() => load(WATCH_S))
    const list = (values: readonly number[]) => values.map((value, i) => `${roles[i]} ${value.toFixed(1)}`).join(', ')
    process.stderr.write(`  ${name}: idle ${list(idle)}; at ${EVENTS_A_SECOND} events/s ${list(busy)} % of a core\n`)
    const sum = (values: readonly number[]) => values.reduce((one, other) => one + other, 0)
    const consumers = idle.filter((_, i) => roles[i] === 'counters' || roles[i] === 'warehouse')
    return [
      { name: `idle, ${name}: all processes`, value: sum(idle), unit: '%' },
      ...(consumers.length > 0 ? ([{ name: `idle, ${name}: a consumer`, value: Math.max(...consumers), unit: '%' }] as const) : []),
      { name: `100 events/s, ${name}: all processes`, value: sum(busy), unit: '%' },
    ]
  } finally {
    await remove()
  }
}
