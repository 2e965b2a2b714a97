import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { ClickHouseError } from '@clickhouse/client'
import { type RunningClickHouse, startClickHouse, startCuttingProxy } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { numberedBatch } from '../contract/batches.ts'
import { planWith } from '../contract/plan.ts'
import { seeded } from '../contract/seeded.ts'
import { expectStoredOnce, warehouseContract } from '../contract/warehouse-contract.ts'
import { QueryFailed, type Warehouse, WarehouseUnavailable } from '../port.ts'
import { analystStatements, createAnalyst } from './analyst-account.ts'
import { connectWarehouse } from './index.ts'

let server: RunningClickHouse

beforeAll(async () => {
  server = await startClickHouse()
})
afterAll(() => server?.stop())

let opened: Warehouse | undefined
warehouseContract('server', {
  async open() {
    opened = connectWarehouse({ url: server.url, database: 'contract', retentionDays: 1000 })
    return { warehouse: opened, views: 'contract_views' }
  },
  async close() {
    await opened?.close()
  },
})

/** Repeats an insert under its token until it is stored, as the service does. */
async function insertUntilStored(warehouse: Warehouse, number: number, beforeRetry: () => Promise<void>): Promise<void> {
  const { block, token } = numberedBatch(number)
  for (;;) {
    try {
      return await warehouse.insertBlock('events', block, token)
    } catch (error) {
      expect(error).toBeInstanceOf(WarehouseUnavailable)
      await beforeRetry()
    }
  }
}

test('ad-hoc statements use the analyst’s account, with only the settings that it may change', async () => {
  const asked: { readonly account: string; readonly settings: readonly string[] }[] = []
  const receiver = createServer(async (request, response) => {
    const account = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString()
    asked.push({ account, settings: [...new URL(request.url ?? '', 'http://x').searchParams.keys()].toSorted() })
    response.end((await text(request)).startsWith('DESCRIBE') ? '{"name":"n","type":"UInt64"}\n' : '1\n')
  })
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  const analystUrl = `http://analyst:secret@127.0.0.1:${(receiver.address() as AddressInfo).port}/ignored`
  const warehouse = connectWarehouse({ url: server.url, analystUrl, database: 'analysed' })
  try {
    const { analyst } = await warehouse.migrate(planWith('analysed_views'))
    // The engine behind the test's server has no accounts to manage.
    expect(analyst?.outcome).toBe('not_allowed')
    expect(Buffer.from(await warehouse.export('SELECT count() AS n FROM events', { format: 'csv' })).toString()).toBe('"n"\n1\n')
    await expect(warehouse.export('SELECT file(1)', { format: 'csv' })).rejects.toBeInstanceOf(QueryFailed)
    const formats = ['output_format_json_quote_64bit_integers', 'output_format_json_quote_denormals']
    const settings = ['max_execution_time', 'max_result_rows', ...formats, 'result_overflow_mode']
    // CSV asks for the types of the columns first.
    expect(asked.map(({ account }) => account)).toEqual(['analyst:secret', 'analyst:secret'])
    for (const one of asked) expect(one.settings).toEqual(['database', ...settings, 'query_id', 'wait_end_of_query'].toSorted())
  } finally {
    await warehouse.close()
    receiver.close()
  }
})

test('the analyst’s account reads the databases of tables and views and nothing else, and its statements do not have the password', async () => {
  const statements = analystStatements(new URL('http://ana%60lyst:se%27cret@host:8123/northstar'), ['northstar', 'analytics', 'northstar'])
  const warehouse = connectWarehouse({ url: server.url, database: 'default' })
  try {
    for (const statement of statements) await warehouse.query(`SELECT formatQuery({statement:String})`, { params: { statement } })
  } finally {
    await warehouse.close()
  }
  expect(statements.join()).not.toContain('cret')
  expect(statements.filter(statement => statement.startsWith('GRANT'))).toEqual([
    'GRANT SELECT ON `northstar`.* TO `ana\\`lyst`',
    'GRANT SELECT ON `analytics`.* TO `ana\\`lyst`',
  ])
  expect(statements.findIndex(statement => statement.startsWith('REVOKE ALL'))).toBeLessThan(
    statements.findIndex(statement => statement.startsWith('GRANT')),
  )
})

test('an account of the server’s configuration is not changed, and other failures are reported', async () => {
  const failing = (type: string) => () => Promise.reject(new ClickHouseError({ message: type, code: '1', type }))
  expect((await createAnalyst(['x'], failing('ACCESS_STORAGE_READONLY'))).outcome).toBe('configured')
  expect((await createAnalyst(['x'], failing('ACCESS_DENIED'))).outcome).toBe('not_allowed')
  expect((await createAnalyst(['x'], async () => {})).outcome).toBe('ready')
  await expect(createAnalyst(['x'], failing('SYNTAX_ERROR'))).rejects.toThrow('SYNTAX_ERROR')
})

describe('a server that fails', () => {
  test('connections cut before, in and after an insert: it is stored once everywhere', async () => {
    const url = new URL(server.url)
    const proxy = await startCuttingProxy({ host: url.hostname, port: Number(url.port) })
    url.port = String(proxy.port)
    const warehouse = connectWarehouse({ url: url.href, database: 'cut' })
    try {
      await warehouse.migrate(planWith('cut_views'))
      for (let number = 0; number < 20; number++) {
        proxy.cutNext(number % 2 === 0 ? 'before_reply' : 'mid_request')
        await insertUntilStored(warehouse, number, async () => {})
      }
      proxy.cancelCut()
      expect(proxy.cuts).toBe(20)
      await expectStoredOnce(warehouse, 20)
    } finally {
      await warehouse.close()
      await proxy.stop()
    }
  })

  test('killed while it inserts, and started again: it is stored once everywhere', { timeout: 300_000 }, async () => {
    const warehouse = connectWarehouse({ url: server.url, database: 'killed' })
    const random = seeded(20_260_116)
    try {
      await warehouse.migrate(planWith('killed_views'))
      for (let number = 0; number < 12; number++) {
        const killed = new Promise<void>((resolve, reject) => {
          setTimeout(() => server.kill9().then(resolve, reject), Math.floor(random() * 24))
        })
        await insertUntilStored(warehouse, number, async () => {
          await killed
          await server.restart()
        })
        await killed
        await server.restart()
      }
      await expectStoredOnce(warehouse, 12)
    } finally {
      await warehouse.close()
    }
  })

  test('unreachable: inserts can be retried, and it is unhealthy', async () => {
    const warehouse = connectWarehouse({ url: 'http://u:p@127.0.0.1:1/x' })
    try {
      await expect(warehouse.insertBlock('events', numberedBatch(0).block, 'token')).rejects.toBeInstanceOf(WarehouseUnavailable)
      expect(await warehouse.health()).toMatchObject({ healthy: false })
    } finally {
      await warehouse.close()
    }
  })

  test('that refuses the password is unavailable', async () => {
    const url = new URL(server.url)
    url.password = 'wrong'
    const warehouse = connectWarehouse({ url: url.href })
    try {
      await expect(warehouse.query('SELECT 1')).rejects.toBeInstanceOf(WarehouseUnavailable)
    } finally {
      await warehouse.close()
    }
  })
})
