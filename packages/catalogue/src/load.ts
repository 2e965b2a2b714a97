import { statSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as z from 'zod'
import type { Catalogue } from './catalogue.ts'
import { CatalogueInvalid, type Problem } from './problems.ts'
import { productSchema } from './product-file.ts'
import type { Env } from './secrets.ts'
import type { Declaration, Section, SectionContext, Sections } from './section.ts'
import { buildTrackingPlan, trackingPlanSchema } from './tracking-plan-file.ts'
import { readYamlFile, type YamlFile } from './yaml-file.ts'

/** The product and its plan, with the value of each section under the section's key. */
export type ProductOf<S extends Sections> = Catalogue & { readonly [K in keyof S]: S[K] extends Section<infer T> ? T : never }

export interface LoadOptions {
  /** Values of `${NAME}`. Default: none. */
  readonly env?: Env
  /** Days after which the warehouse deletes any event. Default: no limit for an event's own `retention`. */
  readonly retentionDays?: number
  /** The time, epoch ms. Default: that of the machine. */
  readonly now?: number
}

export interface LoadedProduct<S extends Sections> {
  readonly catalogue: ProductOf<S>
  /** Limitations that are not mistakes, such as a channel without its secret. */
  readonly warnings: readonly Problem[]
}

/** A product folder with every mistake of every file. */
export interface Inspection<S extends Sections> {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Absent if there are problems. */
  readonly catalogue?: ProductOf<S>
}

/** Reads a product folder. @throws CatalogueInvalid with every mistake of every file */
export function loadProduct<S extends Sections>(folder: string, sections: S, options: LoadOptions = {}): LoadedProduct<S> {
  const { catalogue, problems, warnings } = inspectProduct(folder, sections, options)
  if (!catalogue) throw new CatalogueInvalid(folder, problems)
  return { catalogue, warnings }
}

/**
 * Reads a product folder and reports all mistakes at once: files with mistakes are still checked against each other.
 * Sections are built in the order of their keys, so a section comes after those that it refers to.
 */
export function inspectProduct<S extends Sections>(folder: string, sections: S, options: LoadOptions = {}): Inspection<S> {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const read = <F extends z.ZodType>(name: string, schema: F): YamlFile<z.output<F>> | null => {
    const file = readYamlFile(join(folder, name), schema)
    for (const problem of file?.problems ?? []) problems.push(problem)
    return file
  }
  const required = <F extends z.ZodType>(name: string, schema: F) => {
    const file = read(name, schema)
    if (!file) problems.push({ file: name, line: 1, message: absenceText(folder) })
    return file
  }
  const product = required('product.yaml', productSchema)
  const planFile = required('tracking-plan.yaml', trackingPlanSchema)
  const built = planFile ? buildTrackingPlan(planFile, options.retentionDays ?? Number.POSITIVE_INFINITY) : undefined
  for (const problem of built?.problems ?? []) problems.push(problem)

  const context = createContext(built, options.env ?? {}, options.now ?? Date.now())
  const missing = new Set<string>()
  const values = Object.entries(sections).map(([key, section]) => {
    const file = read(section.file, section.schema)
    if (!file) missing.add(section.file)
    const result = section.build(file, context)
    for (const problem of result.problems ?? []) problems.push(problem)
    for (const warning of result.warnings ?? []) warnings.push(warning)
    return [key, result.value] as const
  })
  const files = ['product.yaml', 'tracking-plan.yaml', ...Object.values(sections).map(({ file }) => file)]
  if (problems.length > 0 || !product?.value || !built) return { problems: sortProblems(joinMissing(problems, missing), files), warnings }
  const catalogue = { ...Object.fromEntries(values), product: product.value, plan: built.plan } as ProductOf<S>
  return { problems, warnings, catalogue }
}

function absenceText(folder: string): string {
  const found = statSync(folder, { throwIfNoEntry: false })
  const name = basename(folder)
  if (!found) return `is missing: there is no folder ${name}. Name the product folder, or create it`
  if (!found.isDirectory()) return `is missing: ${name} is a file, expected a product folder`
  return `is missing in ${name}: every product folder needs it. Is another folder meant?`
}

/** Replaces the problems of all names that a missing file would declare by one problem of that file. */
function joinMissing(problems: readonly Problem[], missing: ReadonlySet<string>): readonly Problem[] {
  const isDueTo = ({ undeclaredIn }: Problem) => undeclaredIn !== undefined && missing.has(undeclaredIn)
  const joined = [...missing].flatMap(file => {
    const references = problems.filter(({ undeclaredIn }) => undeclaredIn === file)
    if (references.length === 0) return []
    const files = [...new Set(references.map(reference => reference.file))].join(', ')
    const count = references.length === 1 ? 'one name refers to it' : `${references.length} names refer to it`
    return [{ file, line: 1, message: `is missing; ${count} in ${files}: create it, or remove them` }]
  })
  const others = problems.filter(problem => !isDueTo(problem)).map(({ undeclaredIn: _, ...problem }) => problem)
  return [...joined, ...others]
}

function createContext(plan: SectionContext['plan'], env: Env, now: number): SectionContext {
  const declarations = new Map<Declaration<unknown>, unknown>()
  return {
    plan,
    env,
    now,
    declared: <T>(declaration: Declaration<T>) => declarations.get(declaration) as T | undefined,
    declare(declaration, value) {
      declarations.set(declaration, value)
    },
  }
}

/** Problems by file and line; a mistake that an alias repeats is reported once. */
function sortProblems(problems: readonly Problem[], files: readonly string[]): readonly Problem[] {
  const once = new Map(problems.map(problem => [`${problem.file}:${problem.line} ${problem.message}`, problem]))
  return [...once.values()].sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line)
}

/** The JSON schema of every product file, by the name under which editors look for it (`metrics.json` and so on). */
export function jsonSchemas(sections: Sections): ReadonlyMap<string, z.core.JSONSchema.BaseSchema> {
  const files: readonly (readonly [string, z.ZodType])[] = [
    ['product.yaml', productSchema],
    ['tracking-plan.yaml', trackingPlanSchema],
    ...Object.values(sections).map(({ file, schema, editorSchema }) => [file, editorSchema ?? schema] as const),
  ]
  return new Map(
    files.map(([name, schema]) => [
      name.replace(/\.yaml$/, '.json'),
      z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'ref' }),
    ]),
  )
}
