import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { aggregateCode, countOfKind } from '@northstar/live-counters'
import { eventually, type KafkaServer, startKafka, tempFolder } from '@northstar/testkit'
import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { createService, done } from '../support/consumer-service.ts'
import { type Env, northstar } from '../support/northstar.ts'
import { copyProduct, type ProductCopy } from '../support/product-copy.ts'
import { allServers } from '../support/servers.ts'
import { openStores, type Stores } from '../support/stores.ts'
import { appendEvents, KIND } from './append-events.ts'

const servers = allServers()
const ROLES = ['warehouse', 'counters'] as const
const RECORDS = 8

/** A log that a test can lose. */
interface Fault {
  readonly mode: 'embedded' | 'distributed'
  readonly env: (product: ProductCopy, dataDir: string) => Env
  /** Copies the log while no process has it open. */
  keep(place: Place): Promise<void>
  /** Restores the copy, or creates an empty log. */
  lose(place: Place): Promise<void>
}

interface Place {
  readonly product: ProductCopy
  readonly dataDir: string
}

function common(product: ProductCopy, dataDir: string): Env {
  return {
    NORTHSTAR_PRODUCT: product.folder,
    NORTHSTAR_DATA_DIR: dataDir,
    NORTHSTAR_PARTITIONS: '2',
    NORTHSTAR_SECRET: 'a-secret-for-tests-of-thirty-two-characters',
    LOG_LEVEL: 'warn',
  }
}

const logFolder = ({ dataDir }: Place) => join(dataDir, 'log')
const copyFolder = ({ dataDir }: Place) => join(dataDir, 'log-copy')

const embedded = {
  mode: 'embedded' as const,
  env: common,
  keep: (place: Place) => cp(logFolder(place), copyFolder(place), { recursive: true }),
}

const putBack: Fault = {
  ...embedded,
  async lose(place) {
    await rm(logFolder(place), { recursive: true })
    await cp(copyFolder(place), logFolder(place), { recursive: true })
  },
}

const madeAgain: Fault = { ...embedded, lose: place => rm(logFolder(place), { recursive: true }) }

describe('an embedded log that', () => {
  test('is put back from a copy: what comes next is stored once, also where it lies at offsets that were processed', () =>
    loseLog(putBack, 'log_cut', 4))
  test('is put back from a copy and has grown past all that was processed', () => loseLog(putBack, 'log_cut', RECORDS + 14))
  test('is deleted: what comes next is stored once', () => loseLog(madeAgain, 'log_replaced', RECORDS))
})

describe.skipIf(!servers)('a topic that', () => {
  test('is deleted and made again: what comes next is stored once', () =>
    loseLog(
      {
        mode: 'distributed',
        env: distributed(servers?.brokers ?? ''),
        keep: async () => {},
        lose: ({ product }) => deleteTopic(servers?.brokers ?? '', `northstar.${product.name}.events`),
      },
      'log_replaced',
      RECORDS,
    ))

  test('lost its newest records with the disk of its broker: what comes next is stored once', async () => {
    const folder = await tempFolder('kafka')
    const kafka: KafkaServer = await startKafka({ folder: folder.path })
    const [data, copy] = [join(folder.path, 'data'), join(folder.path, 'copy')]
    try {
      await loseLog(
        {
          mode: 'distributed',
          env: distributed(kafka.brokers),
          async keep() {
            await kafka.halt()
            await cp(data, copy, { recursive: true })
            await kafka.start()
          },
          async lose() {
            await kafka.halt('SIGKILL')
            await rm(data, { recursive: true })
            await cp(copy, data, { recursive: true })
            await kafka.start()
          },
        },
        'log_cut',
        RECORDS - 3,
      )
    } finally {
      await kafka.stop()
      await folder.remove()
    }
  }, 300_000)
})

function distributed(brokers: string) {
  return (product: ProductCopy, dataDir: string): Env => {
    const clickhouse = new URL(servers?.clickhouseUrl ?? '')
    clickhouse.pathname = `/${product.database}`
    return { ...common(product, dataDir), KAFKA_BROKERS: brokers, REDIS_URL: servers?.redisUrl ?? '', CLICKHOUSE_URL: clickhouse.href }
  }
}

async function deleteTopic(brokers: string, topic: string): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [topic] })
  await eventually(async () => !(await admin.listTopics()).includes(topic))
  await admin.disconnect()
}

/** Events before the copy, events that the log loses, events after: each of them is to be stored and counted exactly once. */
async function loseLog(fault: Fault, kind: string, after: number): Promise<void> {
  const product = await copyProduct()
  const folder = await tempFolder('log-changes')
  const place = { product, dataDir: folder.path }
  const env = fault.env(product, folder.path)
  const migrate = async () => {
    const { code, stderr } = await northstar(['migrate'], env)
    expect(code, stderr).toBe(0)
  }
  const withOpen = async (work: (stores: Stores) => Promise<void>) => {
    const stores = await openStores(env, product.catalogue)
    try {
      await work(stores)
    } finally {
      await stores.close()
    }
  }
  let sent = 0
  const send = async (stores: Stores, records: number) => {
    await appendEvents(stores, product, `event-${sent}`, records, 2)
    sent += records
  }
  try {
    await migrate()
    await withOpen(async stores => {
      await send(stores, RECORDS)
      await process(stores, product)
    })
    await fault.keep(place)
    await withOpen(async stores => {
      await send(stores, RECORDS)
      await process(stores, product)
    })
    await fault.lose(place)
    await migrate()
    await withOpen(async stores => {
      await send(stores, after)
      await process(stores, product)
      await send(stores, 3)
      // After another claim the groups continue as if nothing had happened.
      await process(stores, product)
      const figures = await figuresOf(stores, sent)
      globalThis.process.stdout.write(`${kind}, ${fault.mode}, ${sent} records: lost ${figures.lost}, doubled ${figures.doubled}\n`)
      expect(figures).toEqual({ lost: 0, doubled: 0, live: sent * 2 })
      const incidents = await stores.incidents.list()
      expect(incidents.map(incident => incident.kind)).toEqual(incidents.map(() => kind))
      expect(new Set(incidents.map(incident => incident.group))).toEqual(new Set(ROLES))
      expect(incidents).toHaveLength(ROLES.length * 2)
      await stores.incidents.acknowledge()
      expect((await stores.incidents.list()).every(({ acknowledgedAt }) => acknowledgedAt !== null)).toBe(true)
    })
  } finally {
    await folder.remove()
    await product.remove()
  }
}

async function process(stores: Stores, product: ProductCopy): Promise<void> {
  for (const role of ROLES) {
    const service = createService(role, stores, product)
    await service.start()
    await done(role, stores)
    await service.stop()
  }
}

async function figuresOf({ warehouse, counters }: Stores, records: number) {
  const rows = await warehouse.query<{ id: string; n: number }>('SELECT id, count() AS n FROM events GROUP BY id')
  const hour = Math.floor(Date.now() / 3_600_000) * 3_600_000
  const code = aggregateCode(countOfKind(KIND))
  const totals = await counters.totals([`1h:${hour}`, `1h:${hour - 3_600_000}`], [code])
  return {
    lost: records * 2 - rows.length,
    doubled: rows.reduce((sum, { n }) => sum + Number(n) - 1, 0),
    live: totals.get(code) ?? 0,
  }
}
