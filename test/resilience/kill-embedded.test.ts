import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { startEmbedded } from '../support/installation.ts'
import { startLoad } from '../support/load.ts'
import { createRandom, SEED } from '../support/random.ts'
import { expectNothingLost } from './expectations.ts'

const KILLS = 50

test('everything in one process, killed fifty times at work', async () => {
  const installation = await startEmbedded()
  try {
    const random = createRandom(SEED)
    const load = startLoad({ url: installation.ingest, seed: SEED, batch: 10 })
    for (let kill = 0; kill < KILLS; kill++) {
      for (const service of installation.services) {
        const answered = load.sent.length
        // Batches are under way in every part of it; the moment is any.
        await eventually(() => load.sent.length > answered + 100, { timeoutMs: 60_000 })
        await sleep(random.below(300))
        expect((await service.kill()).signal).toBe('SIGKILL')
        await service.start()
      }
    }
    await load.stop()
    expect(load.repeated).toBeGreaterThan(0)
    await caughtUp(installation)
    await installation.stop()
    await expectNothingLost(`${KILLS} kills, embedded`, installation, load.sent)
  } finally {
    await installation.remove()
  }
}, 600_000)
