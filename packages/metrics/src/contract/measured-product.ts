import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import type { Definitions, Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { eventsOf, type Row, tableBlock } from '@northstar/events'
import { createFold, fromTheBeginning, type LiveCounters } from '@northstar/live-counters'
import { openEmbeddedCounters } from '@northstar/live-counters/embedded'
import { tempFolder } from '@northstar/testkit'
import { createMetricReader, durableEvents, livePlan, type MetricReader, type MetricReaderDeps, metricsSection } from '../index.ts'
import type { MetricCatalogue } from '../metric-catalogue.ts'

const productFolder = (name: string) => fileURLToPath(new URL(`../../../../deploy/products/${name}`, import.meta.url))

/** The catalogue of a product of `deploy/products`. */
export const loadDeployed = (name: string): MetricCatalogue => loadProduct(productFolder(name), { metrics: metricsSection }).catalogue

/** Caro with the metrics of `metrics.yaml` added: at least one of every kind. */
export async function loadContractProduct(): Promise<MetricCatalogue> {
  const caro = loadDeployed('caro')
  const read = (name: string) => readFile(`${productFolder('caro')}/${name}.yaml`, 'utf8')
  const folder = await tempFolder('contract')
  try {
    const metrics = await readFile(new URL('metrics.yaml', import.meta.url), 'utf8')
    const files = { product: await read('product'), 'tracking-plan': await read('tracking-plan'), metrics }
    const others = await loadFiles(folder.path, files)
    return { ...caro, metrics: new Map([...caro.metrics, ...others.metrics]) }
  } finally {
    await folder.remove()
  }
}

/** A product with rows in a warehouse and in live counters, for tests of its metrics. */
export interface MeasuredProduct {
  readonly catalogue: MetricCatalogue
  readonly warehouse: Warehouse
  readonly counters: LiveCounters
  readonly reader: MetricReader
  /** Another reader of the same stores. */
  readerWith(deps: Partial<MetricReaderDeps>): MetricReader
  close(): Promise<void>
}

interface Measured {
  /** A catalogue, or the text of the product's files by name without `.yaml`. */
  readonly product: MetricCatalogue | Readonly<Record<string, string>>
  readonly rows: readonly Row[]
  readonly now: number
  /** The inserts into the warehouse, repeats included. Default: one of all rows. */
  readonly inserts?: readonly (readonly Row[])[]
  /** Default: 1. Users are spread over the partitions. */
  readonly partitions?: number
  readonly definitions?: (catalogue: MetricCatalogue) => Definitions
  readonly reading?: Partial<MetricReaderDeps>
  readonly retentionDays?: number
}

export async function measureProduct({ product, rows, now, ...options }: Measured): Promise<MeasuredProduct> {
  const folder = await tempFolder('metrics')
  const catalogue = isCatalogue(product) ? product : await loadFiles(`${folder.path}/product`, product)
  const { columns } = catalogue.plan
  const warehouse = await openEmbeddedWarehouse({
    folder: `${folder.path}/warehouse`,
    ...(options.retentionDays !== undefined && { retentionDays: options.retentionDays }),
  })
  await warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue), ...options.definitions?.(catalogue) })
  // Equal batches have the same token, as repeated inserts have.
  const tokens = new Map((options.inserts ?? [rows]).map((batch, i) => [batch, `test:${i}`]))
  for (const batch of options.inserts ?? [rows]) await warehouse.insertBlock('events', tableBlock(columns, batch), tokens.get(batch) ?? '')
  const { partitions = 1 } = options
  const counters = openEmbeddedCounters({ folder: `${folder.path}/counters`, partitions, now: () => now })
  const plan = livePlan(catalogue)
  for (let partition = 0; partition < partitions; partition++) {
    const fold = createFold(plan)
    fold.add(eventsOf(columns, partitions === 1 ? rows : rows.filter(row => (row.user_id.charCodeAt(3) || 0) % partitions === partition)))
    const position = { log: 'log', lastAt: 0, offset: 1, windowStart: 0, coverage: fromTheBeginning(plan) }
    await counters.apply(partition, null, position, fold.take())
  }
  const deps = { catalogue, counters, query: queryOf(warehouse), now: () => now, ...options.reading }
  return {
    catalogue,
    warehouse,
    counters,
    reader: createMetricReader(deps),
    readerWith: other => createMetricReader({ ...deps, ...other }),
    async close() {
      await counters.close()
      await warehouse.close()
      await folder.remove()
    },
  }
}

export const queryOf =
  (warehouse: Warehouse): MetricReaderDeps['query'] =>
  (sql, params) =>
    warehouse.query(sql, { params })

const isCatalogue = (product: Measured['product']): product is MetricCatalogue => 'metrics' in product && product.metrics instanceof Map

async function loadFiles(folder: string, files: Readonly<Record<string, string>>): Promise<MetricCatalogue> {
  await mkdir(folder, { recursive: true })
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(`${folder}/${name}.yaml`, text)))
  return loadProduct(folder, { metrics: metricsSection }).catalogue
}
