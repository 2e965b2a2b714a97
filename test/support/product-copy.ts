import { randomBytes } from 'node:crypto'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadProduct } from '@northstar/catalogue'
import { type MetricCatalogue, metricsSection } from '@northstar/metrics'
import { tempFolder } from '@northstar/testkit'
import { parse, stringify } from 'yaml'
import { ROOT } from './northstar.ts'

export interface ProductCopy {
  readonly folder: string
  /** Unique name, which names its topic and keys. */
  readonly name: string
  /** Unique database of the warehouse. */
  readonly database: string
  readonly catalogue: MetricCatalogue
  remove(): Promise<void>
}

interface ProductFiles {
  'product.yaml': { name: string; launch: string; timezone: string }
  'tracking-plan.yaml': { events: Record<string, { view?: string }> }
  'metrics.yaml': { metrics: Record<string, unknown> }
}

export interface ProductChanges {
  readonly launch?: string
  readonly timezone?: string
  readonly metrics?: Readonly<Record<string, unknown>>
}

/** A zone in which it is about noon: the date does not change during a test. */
export function zoneOfNoon(): string {
  const offset = 12 - new Date().getUTCHours()
  // The sign is that of POSIX: west of Greenwich is positive.
  return `Etc/GMT${offset > 0 ? '-' : '+'}${Math.abs(offset)}`
}

/** The Caro product under another name and with views in a database of its own, so that runs that share servers do not affect each other. */
export async function copyProduct({ launch, timezone, metrics }: ProductChanges = {}): Promise<ProductCopy> {
  const folder = await tempFolder('product')
  const name = `t-${randomBytes(5).toString('hex')}`
  const database = name.replace('-', '_')
  await cp(join(ROOT, 'deploy/products/caro'), folder.path, { recursive: true })

  async function change<F extends keyof ProductFiles>(file: F, edit: (content: ProductFiles[F]) => void): Promise<void> {
    const path = join(folder.path, file)
    const content = parse(await readFile(path, 'utf8'), { merge: true }) as ProductFiles[F]
    edit(content)
    await writeFile(path, stringify(content, { aliasDuplicateObjects: false }))
  }
  await change('product.yaml', product => {
    product.name = name
    product.launch = launch ?? product.launch
    product.timezone = timezone ?? product.timezone
  })
  await change('tracking-plan.yaml', ({ events }) => {
    for (const [event, kind] of Object.entries(events)) kind.view = `${database}_views.${event}`
  })
  await change('metrics.yaml', content => Object.assign(content.metrics, metrics))

  const { catalogue } = loadProduct(folder.path, { metrics: metricsSection })
  return { folder: folder.path, name, database, catalogue, remove: folder.remove }
}
