import { strict as assert } from 'node:assert'
import { caughtUp } from '../support/caught-up.ts'
import { WRITE_KEY } from '../support/installation.ts'
import type { Figure } from './figure.ts'
import { runDistributed } from './installations.ts'
import { sendLoad } from './load.ts'
import { cpuSeconds, memoryMb } from './process-usage.ts'

const EVENTS_A_SECOND = 100
const DAY_SECONDS = 86_400
const HOUR_SECONDS = 3_600

/**
 * The events of a day, with the timestamps of the last 24 hours in order, as fast as they are accepted, over real servers. Ends with `verify`:
 * what was accepted is in the log, the counters, the warehouse and the ledger.
 */
export async function bench(): Promise<readonly Figure[]> {
  const { installation, pids, serverPids, remove } = await runDistributed()
  try {
    const events = EVENTS_A_SECOND * DAY_SECONDS
    const all = [...pids, ...serverPids]
    const before = cpuSeconds(all)
    const start = performance.now()
    await sendLoad({ url: installation.ingest, writeKey: WRITE_KEY, batch: 100, connections: 16, events, overSeconds: DAY_SECONDS })
    await caughtUp(installation)
    const rate = events / ((performance.now() - start) / 1_000)
    const cpu = ((cpuSeconds(all) - before) / events) * 1e6
    const { code, stdout } = await installation.command(['verify', '--json', '--wait', '120'])
    assert.deepEqual([code, (JSON.parse(stdout) as { differences: unknown }).differences], [0, []], stdout)
    const [, redis = 0] = serverPids
    const name = `a day of ${EVENTS_A_SECOND} events/s`
    return [
      { name: `${name}: counted, stored and verified`, value: rate, unit: 'events/s' },
      { name: `${name}: the rate whose day passes in an hour`, value: (rate * HOUR_SECONDS) / DAY_SECONDS, unit: 'events/s' },
      { name: `${name}: CPU in all`, value: cpu, unit: 'µs/event' },
      { name: `${name}: Redis' memory at the end`, value: memoryMb(redis).own, unit: 'MB' },
      { name: `${name}: memory of the product's processes`, value: pids.reduce((sum, pid) => sum + memoryMb(pid).own, 0), unit: 'MB' },
    ]
  } finally {
    await remove()
  }
}
