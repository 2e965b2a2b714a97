import { freePort, tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { northstar } from '../support/northstar.ts'

test.each(['serve ingest', 'serve counters', 'migrate'])(
  'northstar %s ends, with the reason, where no server can be reached',
  async command => {
    const folder = await tempFolder('unreachable')
    const port = await freePort()
    try {
      const { code, stderr } = await northstar(command.split(' '), {
        KAFKA_BROKERS: `127.0.0.1:${port}`,
        REDIS_URL: `redis://127.0.0.1:${port}`,
        CLICKHOUSE_URL: `http://127.0.0.1:${port}`,
        NORTHSTAR_SECRET: 'a-secret-for-tests-of-thirty-two-characters',
        NORTHSTAR_DATA_DIR: folder.path,
        NORTHSTAR_PORT: '0',
        NORTHSTAR_METRICS_PORT: '0',
      })
      expect([code, stderr]).toEqual([1, expect.stringMatching(/is unavailable: .*ECONNREFUSED/)])
    } finally {
      await folder.remove()
    }
  },
  60_000,
)
