import { eventually, startRedis } from '@northstar/testkit'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { caughtUp } from '../support/caught-up.ts'
import { startDistributed } from '../support/installation.ts'
import { startLoad } from '../support/load.ts'
import { SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'
import { expectNothingLost } from './expectations.ts'

const servers = allServers()

/** As docs/operations.md says. */
test.skipIf(!servers)(
  'an emptied Redis, and then an emptied ClickHouse, are filled again from the log',
  async () => {
    if (!servers) throw new Error('there are no servers')
    const redis = await startRedis()
    const admin = new Redis(redis.url)
    const installation = await startDistributed({ ...servers, redisUrl: redis.url, roles: ['ingest', 'counters', 'warehouse', 'api'] })
    const load = startLoad({ url: installation.ingest, seed: SEED, senders: 2, pauseMs: 20 })
    const more = async () => {
      const before = load.sent.length
      await eventually(() => load.sent.length > before + 200, { timeoutMs: 60_000 })
    }
    const verified = async () => {
      const { code, stdout } = await installation.command(['verify', '--json', '--wait', '60'])
      return { code, ...(JSON.parse(stdout) as { differences: readonly unknown[]; incidents: readonly { kind: string }[] }) }
    }
    try {
      await more()
      await admin.flushall()
      await more()

      const clickhouse = new URL(installation.env.CLICKHOUSE_URL ?? '')
      const { username, password, origin } = clickhouse
      const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
      const dropped = await fetch(origin, {
        method: 'POST',
        headers: { authorization },
        body: `DROP DATABASE ${installation.product.database} SYNC`,
      })
      expect(dropped.status).toBe(200)
      await more()
      expect((await installation.command(['migrate'])).code).toBe(0)
      await more()
      await load.stop()
      await caughtUp(installation)
      const { code, differences, incidents } = await verified()
      expect([code, differences]).toEqual([1, []])
      expect(new Set(incidents.map(({ kind }) => kind))).toEqual(new Set(['store_behind']))
      expect((await installation.command(['incidents', '--acknowledge'])).code).toBe(0)
      expect((await verified()).code).toBe(0)
      await installation.stop()
      await expectNothingLost('lost Redis, lost ClickHouse', installation, load.sent)
    } finally {
      await load.stop()
      await installation.remove()
      admin.disconnect()
      await redis.stop()
    }
  },
  240_000,
)
