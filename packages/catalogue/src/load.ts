import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Catalogue } from './catalogue.ts'
import { CatalogueInvalid, type Problem } from './problems.ts'
import { productSchema } from './product-file.ts'
import { buildTrackingPlan, trackingPlanSchema } from './tracking-plan-file.ts'
import { readYamlFile } from './yaml-file.ts'

/** What `loadCatalogue` gives. */
export interface LoadedCatalogue {
  readonly catalogue: Catalogue
  /** What works less than it could, such as a channel without its secret. */
  readonly warnings: readonly Problem[]
}

/** Reads a product folder. Throws {@link CatalogueInvalid} with every mistake of every file. */
export function loadCatalogue(folder: string): LoadedCatalogue {
  const problems: Problem[] = []
  const missing = (file: string) =>
    problems.push({ file, line: 1, message: existsSync(folder) ? 'is missing' : `is missing: there is no folder ${folder}` })
  const product = readYamlFile(join(folder, 'product.yaml'), productSchema)
  const plan = readYamlFile(join(folder, 'tracking-plan.yaml'), trackingPlanSchema)
  if (!product) missing('product.yaml')
  else problems.push(...product.problems)
  if (!plan) missing('tracking-plan.yaml')
  else problems.push(...plan.problems)
  const built = plan && buildTrackingPlan(plan)
  if (built) problems.push(...built.problems)
  if (problems.length > 0 || !product?.value || !built) throw new CatalogueInvalid(folder, problems)
  return { catalogue: { product: product.value, plan: built.plan, metrics: new Map() }, warnings: [] }
}
