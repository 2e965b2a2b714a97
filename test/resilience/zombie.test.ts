import { eventually, type SpawnedProcess } from '@northstar/testkit'
import { describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { type ConsumerRole, claims, type StepFault, startConsumer } from '../support/consumer.ts'
import { type Installation, startDistributed } from '../support/installation.ts'
import { startLoad } from '../support/load.ts'
import { SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'
import { withStores } from '../support/stores.ts'
import { expectNothingLost } from './expectations.ts'

const servers = allServers()

/** The step and its occurrence at which the consumer is frozen. */
const MOMENTS: Readonly<Record<ConsumerRole, readonly (readonly [step: string, when: StepFault['when'], nth: number])[]>> = {
  warehouse: [
    ['commit', 'before', 3],
    ['commit', 'after', 3],
    ['insert events', 'before', 2],
    ['insert events', 'during', 2],
    ['insert events', 'after', 2],
    ['insert ledger', 'during', 2],
  ],
  counters: [
    ['apply', 'before', 3],
    ['apply', 'during', 3],
    ['apply', 'after', 3],
  ],
}

describe.skipIf(!servers)('a consumer frozen past its session, thawed when another one has its partitions', () => {
  test('writes nothing that is not its own', async () => {
    if (!servers) throw new Error('there are no servers')
    const installation = await startDistributed({ ...servers, roles: ['ingest', 'api'] })
    const running = new Set<SpawnedProcess>()
    const start = async (role: ConsumerRole, fault?: StepFault) => {
      const consumer = await startConsumer(installation, role, fault)
      running.add(consumer)
      return consumer
    }
    try {
      const load = startLoad({ url: installation.ingest, seed: SEED, batch: 10 })
      let zombies = 0
      for (const role of ['warehouse', 'counters'] as const) {
        for (const [step, when, nth] of MOMENTS[role]) {
          zombies++
          const zombie = await start(role, { step, when, nth, signal: 'SIGSTOP' })
          await zombie.line(/SIGSTOP/)
          const successor = await start(role)
          await eventually(() => claims(successor) > 0, { timeoutMs: 60_000, what: 'a successor with the partitions' })
          await progress(installation, role)
          const before = claims(zombie)
          zombie.thaw()
          // It notices that it lost its partitions, and joins the group again.
          await eventually(() => claims(zombie) > before, { timeoutMs: 60_000, what: `the zombie of ${when} ${step} in the group again` })
          expect([zombie.exit, successor.exit]).toEqual([undefined, undefined])
          await Promise.all([zombie.stop(), successor.stop()])
        }
      }
      await load.stop()
      const last = [await start('counters'), await start('warehouse')]
      await caughtUp(installation)
      await Promise.all(last.map(consumer => consumer.stop()))
      await expectNothingLost(`${zombies} zombies`, installation, load.sent)
    } finally {
      await Promise.all([...running].map(consumer => consumer.kill()))
      await installation.remove()
    }
  }, 600_000)
})

/** Resolves once the group has come further than it had when this was called. */
async function progress({ env, product }: Installation, role: ConsumerRole): Promise<void> {
  await withStores(env, product.catalogue, async ({ log, counters }) => {
    const done = async () => {
      if (role === 'warehouse') return [...(await log.commits('warehouse')).values()].reduce((sum, { offset }) => sum + offset, 0)
      const positions = await Promise.all(Array.from({ length: log.partitions }, (_, partition) => counters.position(partition)))
      return positions.reduce((sum, position) => sum + (position?.offset ?? 0), 0)
    }
    const before = await done()
    await eventually(async () => (await done()) > before + log.partitions, { timeoutMs: 60_000, what: `progress of ${role}` })
  })
}
