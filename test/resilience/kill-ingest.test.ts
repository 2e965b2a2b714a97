import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '@northstar/testkit'
import { describe, expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { startDistributed } from '../support/installation.ts'
import { startLoad } from '../support/load.ts'
import { createRandom, SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'
import { expectNothingLost } from './expectations.ts'

const KILLS = 10
const servers = allServers()

describe.skipIf(!servers)('ingest, killed under load', () => {
  test('its clients send again what was not answered, and it counts once', async () => {
    if (!servers) throw new Error('there are no servers')
    const installation = await startDistributed({ ...servers, roles: ['ingest', 'counters', 'warehouse', 'api'] })
    try {
      const random = createRandom(SEED)
      const load = startLoad({ url: installation.ingest, seed: SEED, senders: 8, pauseMs: 10 })
      const ingest = installation.services.find(({ role }) => role === 'ingest')
      for (let kill = 0; kill < KILLS; kill++) {
        const before = load.sent.length
        await eventually(() => load.sent.length > before + 500, { timeoutMs: 60_000 })
        await sleep(random.below(100))
        expect((await ingest?.kill())?.signal).toBe('SIGKILL')
        await ingest?.start()
      }
      await load.stop()
      expect(load.repeated).toBeGreaterThan(0)
      await caughtUp(installation)
      await expectNothingLost(`${KILLS} kills of ingest`, installation, load.sent)
    } finally {
      await installation.remove()
    }
  }, 300_000)
})
