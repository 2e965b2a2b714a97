import { eventually } from '@northstar/testkit'
import { describe, expect, test } from 'vitest'
import { appendDamage } from '../e2e/damage.ts'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed, startEmbedded } from '../support/installation.ts'
import { startLoad } from '../support/load.ts'
import { SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'
import { expectNothingLost } from './expectations.ts'

const servers = allServers()
const ROLES = ['ingest', 'counters', 'counters', 'warehouse', 'warehouse', 'api']

/** Foreign records among good ones: they become dead letters, no worker ends or stalls, and every good event is counted once. */
async function meetForeignRecords(installation: Installation): Promise<void> {
  try {
    const first = startLoad({ url: installation.ingest, seed: SEED })
    await eventually(() => first.sent.length > 500, { timeoutMs: 60_000 })
    await first.stop()
    const { letters, good } = await appendDamage(installation)
    const second = startLoad({ url: installation.ingest, seed: SEED + 1 })
    await eventually(() => second.sent.length > 500, { timeoutMs: 60_000 })
    await second.stop()
    await caughtUp(installation)
    expect((await installation.get('/readyz')).status).toBe(200)
    const { code, stdout } = await installation.command(['verify', '--json'])
    expect([code, JSON.parse(stdout).dead_lettered]).toEqual([0, Object.keys(letters).length])
    const exits = await installation.stop()
    // None of them had ended before.
    expect(exits).toEqual(installation.services.map(() => ({ code: 0, signal: null })))
    await expectNothingLost(`foreign records, ${installation.mode}`, installation, [...first.sent, ...good, ...second.sent])
  } finally {
    await installation.remove()
  }
}

test('foreign records in an embedded log', async () => meetForeignRecords(await startEmbedded()), 180_000)

describe.skipIf(!servers)('a shared log', () => {
  test('foreign records among those of ingest', async () => {
    if (!servers) throw new Error('there are no servers')
    await meetForeignRecords(await startDistributed({ ...servers, roles: ROLES }))
  }, 240_000)
})
