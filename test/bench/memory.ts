import { setTimeout as sleep } from 'node:timers/promises'
import { caughtUp } from '../support/caught-up.ts'
import { WRITE_KEY } from '../support/installation.ts'
import { type Figure, median } from './figure.ts'
import { runEmbedded } from './installations.ts'
import { sendLoad } from './load.ts'
import { cpuSeconds, memoryMb } from './process-usage.ts'

const IDLE_MS = 5_000
const EVENTS_A_SECOND = 1_000
const SECONDS = 60
/** Enough to fill both groups' windows of ids. */
const WINDOW = 1_100_000

/** `northstar up` at rest, under a steady thousand events a second, and after as many events as its windows hold. */
export async function bench(): Promise<readonly Figure[]> {
  const { installation, pids, remove } = await runEmbedded()
  const [pid = 0] = pids
  try {
    await sleep(IDLE_MS)
    const idle = memoryMb(pid)
    const steady = await underLoad(installation.ingest, pid)
    await sendLoad({ url: installation.ingest, writeKey: WRITE_KEY, batch: 100, connections: 4, events: WINDOW })
    await caughtUp(installation)
    await sleep(IDLE_MS)
    const full = await underLoad(installation.ingest, pid)
    return [
      { name: 'memory, at rest', value: idle.all, unit: 'MB' },
      { name: 'memory, 1,000 events/s', value: steady.all, unit: 'MB' },
      { name: 'memory, 1,000 events/s: peak', value: steady.peak, unit: 'MB' },
      { name: 'memory, 1,000 events/s: without mapped files', value: steady.own, unit: 'MB' },
      { name: 'memory, 1,000 events/s after a million', value: full.all, unit: 'MB' },
      { name: 'memory, 1,000 events/s after a million: without mapped files', value: full.own, unit: 'MB' },
      { name: 'CPU of a core at 1,000 events/s', value: steady.cores * 100, unit: '%' },
    ]
  } finally {
    await remove()
  }
}

async function underLoad(url: string, pid: number) {
  const seen: { own: number; all: number }[] = []
  const watching = setInterval(() => seen.push(memoryMb(pid)), 500)
  const before = cpuSeconds([pid])
  const { seconds } = await sendLoad({
    url,
    writeKey: WRITE_KEY,
    batch: 20,
    connections: 4,
    events: EVENTS_A_SECOND * SECONDS,
    eventsPerSecond: EVENTS_A_SECOND,
  })
  clearInterval(watching)
  return {
    own: median(seen.map(({ own }) => own)),
    all: median(seen.map(({ all }) => all)),
    peak: Math.max(...seen.map(({ all }) => all)),
    cores: (cpuSeconds([pid]) - before) / seconds,
  }
}
