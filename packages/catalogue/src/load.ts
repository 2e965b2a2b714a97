import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type * as z from 'zod'
import { alertsFile, alertsProblems, ruleNames } from './alert-rules.ts'
import type { Catalogue } from './catalogue.ts'
import { fillSecrets } from './channel-config.ts'
import { channelsForm, type Notifying } from './channels.ts'
import { channelsMistakes } from './channels-mistakes.ts'
import { dashboardProblems, dashboardSchema, defaultDashboard } from './dashboard-file.ts'
import { type BuiltMetrics, buildMetrics, type MetricKindSchemas, metricsOutlineSchema } from './metrics-file.ts'
import { isRecord } from './plain-data.ts'
import { CatalogueInvalid, type Problem } from './problems.ts'
import { productSchema } from './product-file.ts'
import type { KnownPlan } from './references.ts'
import { buildTrackingPlan, trackingPlanSchema } from './tracking-plan-file.ts'
import { readYamlFile, type YamlFile } from './yaml-file.ts'

export interface LoadOptions {
  /** Where `${NAME}` in channels is looked up. Default: nothing has a value. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The kinds of metric (`metricKinds` of packages/metrics). Without them a metric's own fields are not checked. */
  readonly kinds?: MetricKindSchemas
}

export interface LoadedCatalogue {
  readonly catalogue: Catalogue
  /** What works less than it could, such as a channel without its secret. */
  readonly warnings: readonly Problem[]
}

/** What is declared in a product folder, whatever is wrong with it: what others name. Absent is what cannot be read. */
export interface Declared {
  readonly plan?: KnownPlan
  readonly rules?: readonly string[]
  readonly receivers?: readonly string[]
}

/** A product folder with every mistake of every file. */
export interface Inspection {
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly declared: Declared
  /** Absent where there is a mistake. */
  readonly catalogue?: Catalogue
}

/** Reads a product folder. Throws {@link CatalogueInvalid} with every mistake of every file. */
export function loadCatalogue(folder: string, options: LoadOptions = {}): LoadedCatalogue {
  const { catalogue, problems, warnings } = inspectFolder(folder, options)
  if (!catalogue) throw new CatalogueInvalid(folder, problems)
  return { catalogue, warnings }
}

/** Reads a product folder, and tells its mistakes all at once: a file is held against the others while any of them has mistakes. */
export function inspectFolder(folder: string, options: LoadOptions = {}): Inspection {
  const problems: Problem[] = []
  const warnings: Problem[] = []
  const read = <S extends z.ZodType>(name: string, schema: S, needed: boolean): YamlFile<z.output<S>> | null => {
    const file = readYamlFile(join(folder, name), schema)
    if (file) problems.push(...file.problems)
    else if (needed)
      problems.push({
        file: name,
        line: 1,
        message: existsSync(folder) ? 'is missing' : `is missing: there is no folder ${basename(folder)}`,
      })
    return file
  }
  const product = read('product.yaml', productSchema, true)
  const planFile = read('tracking-plan.yaml', trackingPlanSchema, true)
  const metricsFile = read('metrics.yaml', metricsOutlineSchema, false)
  const alerts = read('alerts.yaml', alertsFile, false)
  const channels = read('channels.yaml', channelsForm, false)
  const dashboard = read('dashboard.yaml', dashboardSchema, false)

  const built = planFile ? buildTrackingPlan(planFile) : undefined
  const measured = metricsFile ? buildMetrics(metricsFile, built, options.kinds) : NO_METRICS
  problems.push(...(built?.problems ?? []), ...(measured?.problems ?? []))
  if (alerts) problems.push(...alertsProblems(alerts, measured?.declared))
  if (channels) problems.push(...channelsMistakes(channels.at([])).map(given => channels.problem(given.path, given.message, given.nearest)))
  if (dashboard && measured) problems.push(...dashboardProblems(dashboard, measured.declared))

  const rules = alerts ? ruleNames(alerts) : []
  const receivers = channels ? channels.at(['receivers']) : {}
  const declared: Declared = {
    ...(built && { plan: built }),
    ...(rules && { rules }),
    ...(isRecord(receivers) && { receivers: Object.keys(receivers) }),
  }
  if (problems.length > 0 || !product?.value || !built || !measured) return { problems: inOrder(problems), warnings, declared }
  const notifying = channels?.value && withSecrets(channels, channels.value, options.env ?? {}, warnings)
  const catalogue: Catalogue = {
    product: product.value,
    plan: built.plan,
    metrics: measured.metrics,
    rules: alerts?.value ?? [],
    dashboard: dashboard?.value ?? defaultDashboard(measured.metrics),
    ...(notifying && { notifying }),
  }
  return { problems, warnings, declared, catalogue }
}

const NO_METRICS: BuiltMetrics = { metrics: new Map(), declared: new Map(), problems: [] }

const FILES = ['product.yaml', 'tracking-plan.yaml', 'metrics.yaml', 'alerts.yaml', 'channels.yaml', 'dashboard.yaml']

/** By file, from top to bottom; what an alias repeats is told once. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const once = new Map(problems.map(problem => [`${problem.file}:${problem.line} ${problem.message}`, problem]))
  return [...once.values()].sort((a, b) => FILES.indexOf(a.file) - FILES.indexOf(b.file) || a.line - b.line)
}

/** The channels with their secrets; one without is left out of every receiver, with a warning. */
function withSecrets(file: YamlFile<Notifying>, given: Notifying, env: NonNullable<LoadOptions['env']>, warnings: Problem[]): Notifying {
  const channels = Object.entries(given.channels).flatMap(([name, config]) => {
    const filled = fillSecrets(config, key => env[key])
    if (filled.ok) return [[name, filled.config] as const]
    warnings.push(
      file.problem(
        ['channels', name],
        `the channel ${name} is off: ${filled.missing.join(', ')} ${filled.missing.length > 1 ? 'have' : 'has'} no value`,
      ),
    )
    return []
  })
  const working = new Set(channels.map(([name]) => name))
  const receivers = Object.entries(given.receivers).map(([name, list]) => [name, list.filter(channel => working.has(channel))] as const)
  return { ...given, channels: Object.fromEntries(channels), receivers: Object.fromEntries(receivers) }
}
