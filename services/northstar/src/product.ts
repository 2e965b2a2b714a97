import { alertsSection, rulesTestSection } from '@northstar/alerting'
import { dashboardSection } from '@northstar/api'
import { type Inspection, inspectProduct, jsonSchemas, loadProduct as loadFolder } from '@northstar/catalogue'
import { collectorsSection } from '@northstar/collectors'
import { metricsSection, releasesSection } from '@northstar/metrics'
import { channelsSection } from '@northstar/notifications'
import { reportsSection } from '@northstar/reports'
import type { Settings } from '@northstar/runtime'
import { simulationSection } from './simulate/index.ts'

/** The sections of a product folder that a running process loads. A section must follow those that it refers to. */
const RUNNING = {
  metrics: metricsSection,
  releases: releasesSection,
  rules: alertsSection,
  notifying: channelsSection,
  dashboard: dashboardSection,
  reports: reportsSection,
  collectors: collectorsSection,
}

/** All sections, including those of command-line tools. */
const ALL = { ...RUNNING, simulation: simulationSection, ruleTests: rulesTestSection }

/** The product of the settings, with secrets filled in. @throws CatalogueInvalid */
export const loadProduct = ({
  productFolder,
  environment,
  retentionDays,
}: Pick<Settings, 'productFolder' | 'environment' | 'retentionDays'>) =>
  loadFolder(productFolder, RUNNING, { env: environment, retentionDays })

/** The product with its `simulation.yaml`, if it has one; other files may have mistakes. @throws CatalogueInvalid */
export const loadSimulation = (folder: string) => loadFolder(folder, { simulation: simulationSection }).catalogue

export type ProductCatalogue = ReturnType<typeof loadProduct>['catalogue']

/** Validates every file of a product folder, including rule tests and simulation. */
export const checkProduct = (folder: string, env: Settings['environment'], retentionDays?: number): Inspection<typeof ALL> =>
  inspectProduct(folder, ALL, { env, ...(retentionDays !== undefined && { retentionDays }) })

/** The JSON schema of every file of a product folder, as text by name (`metrics.json`). */
export const productSchemas = (): ReadonlyMap<string, string> =>
  new Map([...jsonSchemas(ALL)].map(([name, schema]) => [name, `${JSON.stringify(schema, null, 2)}\n`]))
