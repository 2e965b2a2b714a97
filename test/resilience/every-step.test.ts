import { encodeRecord, encodeRows, planFingerprint, type Row } from '@northstar/events'
import { eventually, tempFolder } from '@northstar/testkit'
import { describe, expect, test } from 'vitest'
import type { ConsumerRole } from '../support/consumer.ts'
import { createService, done, isDone } from '../support/consumer-service.ts'
import { figuresLine, figuresOf, type SentEvent } from '../support/figures.ts'
import { type Env, northstar } from '../support/northstar.ts'
import { copyProduct, type ProductCopy } from '../support/product-copy.ts'
import { createRandom, SEED } from '../support/random.ts'
import { allServers } from '../support/servers.ts'
import { openStores, type Stores } from '../support/stores.ts'
import { FAULTS, type Fault, faultyPorts } from './faulty-ports.ts'

/** Every step at which a consumer calls a store, with the occurrence at which the fault happens. */
const STEPS: Readonly<Record<ConsumerRole, readonly (readonly [step: string, nth: number])[]>> = {
  warehouse: [
    ['announce', 1],
    ['insert events', 1],
    ['insert events', 2],
    ['insert dead_letters', 1],
    ['insert ledger', 1],
    ['insert log_positions', 1],
    ['announce', 3],
    ['insert events', 3],
    ['complete', 1],
  ],
  counters: [
    ['position', 1],
    ['apply', 1],
    ['apply', 3],
    ['commit', 1],
  ],
}
const PARTITIONS = 2
const RECORDS = 4

const servers = allServers()
const modes = [{ mode: 'embedded' as const }, ...(servers ? [{ mode: 'distributed' as const }] : [])]

describe.each(modes)('a stop at each point between announce, insert, counter and commit, $mode', ({ mode }) => {
  test('the next one carries on exactly where it was', async () => {
    const product = await copyProduct()
    const folder = await tempFolder('steps')
    let stores: Stores | undefined
    try {
      const env = environment(mode, product, folder.path)
      const migrated = await northstar(['migrate'], env)
      expect(migrated.code, migrated.stderr).toBe(0)
      stores = await openStores(env, product.catalogue)
      const sent: SentEvent[] = []
      let points = 0
      for (const role of ['warehouse', 'counters'] as const) {
        for (const [step, nth] of STEPS[role]) {
          for (const kind of FAULTS) {
            points++
            await meet(role, { step, nth, kind }, stores, product, sent)
          }
        }
      }
      // Each group has had its own faults; now it processes the records of the other group's faults.
      for (const role of ['warehouse', 'counters'] as const) {
        const service = createService(role, stores, product)
        await service.start()
        await done(role, stores)
        await service.stop()
      }
      const figures = await figuresOf(stores, product.catalogue.plan, sent)
      process.stdout.write(figuresLine(`${points} stops, ${mode}`, SEED, sent.length, figures))
      expect(figures).toEqual({ lost: 0, doubled: 0, partial: 0, details: [] })
    } finally {
      await stores?.close()
      await folder.remove()
      await product.remove()
    }
  }, 600_000)
})

function environment(mode: 'embedded' | 'distributed', product: ProductCopy, dataDir: string): Env {
  const env = {
    NORTHSTAR_PRODUCT: product.folder,
    NORTHSTAR_DATA_DIR: dataDir,
    NORTHSTAR_PARTITIONS: String(PARTITIONS),
    LOG_LEVEL: 'warn',
  }
  if (mode === 'embedded' || !servers) return env
  const clickhouse = new URL(servers.clickhouseUrl)
  clickhouse.pathname = `/${product.database}`
  return {
    ...env,
    KAFKA_BROKERS: servers.brokers,
    REDIS_URL: servers.redisUrl,
    CLICKHOUSE_URL: clickhouse.href,
    NORTHSTAR_ADMIN_TOKEN: 'a-token-of-thirty-two-characters-',
  }
}

/** One service has the fault; another one without it continues. */
async function meet(role: ConsumerRole, fault: Fault, stores: Stores, product: ProductCopy, sent: SentEvent[]): Promise<void> {
  const what = `${role}: ${fault.kind} ${fault.step} ${fault.nth}`
  await append(what.replaceAll(/\W+/g, '-'), stores, product, sent)
  const ports = faultyPorts(stores, fault)
  const first = createService(role, { ...ports, incidents: stores.incidents, close: stores.close }, product)
  await first.start()
  let failed = false
  first.failed?.catch(() => {
    failed = true
  })
  await eventually(() => ports.happened, { timeoutMs: 60_000, what })
  if (fault.kind.startsWith('unavailable')) {
    // It either goes on by itself or ends its process.
    await eventually(async () => failed || (await isDone(role, stores)), { timeoutMs: 60_000, what: `${what}: the end` })
  } else await eventually(() => failed, { timeoutMs: 60_000, what: `${what}: the stop` })
  await first.stop()

  const second = createService(role, stores, product)
  await second.start()
  await done(role, stores)
  await ports.arriveLate()
  await second.stop()
}

/** Records of a few events for every partition, some of which repeat; a record that cannot be read and one that does not fit the plan. */
async function append(prefix: string, { log }: Stores, { catalogue }: ProductCopy, sent: SentEvent[]): Promise<void> {
  const random = createRandom(SEED + sent.length)
  const plan = planFingerprint(catalogue.plan)
  const { columns } = catalogue.plan
  for (let record = 0; record < RECORDS; record++) {
    await log.append(
      Array.from({ length: PARTITIONS }, (_, partition) => {
        const rows = Array.from({ length: 3 }, (_, index): Row => {
          const at = Date.now() - random.below(30_000)
          const hash = random.below(100).toString(16).padStart(16, '0')
          const row = {
            event: 'command_generated',
            id: `${prefix}-${partition}-${record}-${index}`,
            timestamp: at,
            received_at: at,
            user_id: hash,
          }
          return { ...row, session_id: hash, category: 'devops', platform: 'linux' }
        })
        const [first] = rows
        if (first) rows.push(first)
        for (const { event, id, timestamp } of rows.slice(0, 3)) sent.push({ event, id, timestamp: new Date(timestamp).toISOString() })
        // Some were checked before, as ingest does, some not.
        return { partition, ...encodeRecord(encodeRows(columns, rows), partition % 2 === 0 ? plan : undefined) }
      }),
    )
  }
  const at = Date.now()
  const unfit = {
    event: 'command_generated',
    id: `${prefix}-unfit`,
    timestamp: at,
    received_at: at,
    user_id: '',
    session_id: '',
    category: 7,
  }
  await log.append([
    { partition: 0, value: Buffer.from(prefix), headers: {} },
    { partition: 0, ...encodeRecord(encodeRows([{ name: 'category', type: 'integer', lowCardinality: false }], [unfit])) },
  ])
}
