import { eventually, startKafka } from '@northstar/testkit'
import { describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { startDistributed } from '../support/installation.ts'
import { startLoad } from '../support/load.ts'
import { SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'
import { expectNothingLost } from './expectations.ts'

const servers = allServers()

describe.skipIf(!servers)('the broker, restarted under load', () => {
  test('by a clean restart, then by a kill', async () => {
    if (!servers) throw new Error('there are no servers')
    // One of its own, since others share the run's.
    const kafka = await startKafka()
    const installation = await startDistributed({
      ...servers,
      brokers: kafka.brokers,
      roles: ['ingest', 'counters', 'counters', 'warehouse', 'warehouse', 'api'],
    })
    try {
      const load = startLoad({ url: installation.ingest, seed: SEED })
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        const before = load.sent.length
        await eventually(() => load.sent.length > before + 2_000, { timeoutMs: 60_000 })
        await kafka.restart(signal)
      }
      const before = load.sent.length
      await eventually(() => load.sent.length > before + 2_000, { timeoutMs: 60_000 })
      await load.stop()
      await caughtUp(installation)
      // None of them had to be started again.
      expect(installation.services.map(({ role, process }) => [role, process.exit])).toEqual(
        installation.services.map(({ role }) => [role, undefined]),
      )
      await expectNothingLost('2 restarts of the broker', installation, load.sent)
    } finally {
      await installation.remove()
      await kafka.stop()
    }
  }, 300_000)
})
