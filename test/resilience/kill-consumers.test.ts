import type { SpawnedProcess } from '@northstar/testkit'
import { describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type ConsumerRole, STEPS, startConsumer } from '../support/consumer.ts'
import { startDistributed } from '../support/installation.ts'
import { startLoad } from '../support/load.ts'
import { createRandom, SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'
import { expectNothingLost } from './expectations.ts'

const KILLS = 50
const servers = allServers()

describe.skipIf(!servers)('two of each consumer over real servers', () => {
  test('killed fifty times around a step of a batch', async () => {
    if (!servers) throw new Error('there are no servers')
    const installation = await startDistributed({ ...servers, roles: ['ingest', 'api'] })
    const running = new Set<SpawnedProcess>()
    try {
      const random = createRandom(SEED)
      const load = startLoad({ url: installation.ingest, seed: SEED, batch: 10 })
      let planned = 0
      const died = new Map<string, number>()

      /** A place in a group: a member that dies there is followed by another, until the kills end. */
      async function hold(role: ConsumerRole): Promise<void> {
        while (planned < KILLS) {
          planned++
          const when = random.pick(['before', 'during', 'after'] as const)
          const step = random.pick(STEPS[role])
          const consumer = await startConsumer(installation, role, { step, when, nth: 1 + random.below(5), signal: 'SIGKILL' })
          running.add(consumer)
          const exit = await consumer.exited
          expect(exit, consumer.output.slice(-2_000)).toEqual({ code: null, signal: 'SIGKILL' })
          running.delete(consumer)
          died.set(`${when} ${step}`, (died.get(`${when} ${step}`) ?? 0) + 1)
        }
        running.add(await startConsumer(installation, role))
      }
      await Promise.all([hold('counters'), hold('counters'), hold('warehouse'), hold('warehouse')])
      expect([...died.values()].reduce((a, b) => a + b)).toBe(KILLS)
      // Nearly every step of both groups was one of them.
      expect(died.size).toBeGreaterThan(10)
      await load.stop()
      await caughtUp(installation)
      const exits = await Promise.all([...running].map(consumer => consumer.stop()))
      expect(exits.map(exit => exit.code)).toEqual([0, 0, 0, 0])
      await expectNothingLost(`${KILLS} kills, distributed`, installation, load.sent)
    } finally {
      await Promise.all([...running].map(consumer => consumer.kill()))
      await installation.remove()
    }
  }, 600_000)
})
