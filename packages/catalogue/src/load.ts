import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type * as z from 'zod'
import { alertsFile, ruleProblems } from './alert-rules.ts'
import type { Catalogue } from './catalogue.ts'
import { fillSecrets } from './channel-config.ts'
import { channelsFile, type Notifying } from './channels.ts'
import { dashboardProblems, dashboardSchema, defaultDashboard } from './dashboard-file.ts'
import { buildMetrics, type MetricKindSchemas, metricsOutlineSchema } from './metrics-file.ts'
import { nearest } from './nearest.ts'
import { CatalogueInvalid, type Problem } from './problems.ts'
import { productSchema } from './product-file.ts'
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

/** Reads a product folder. Throws {@link CatalogueInvalid} with every mistake of every file. */
export function loadCatalogue(folder: string, options: LoadOptions = {}): LoadedCatalogue {
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
  const channels = read('channels.yaml', channelsFile, false)
  const dashboard = read('dashboard.yaml', dashboardSchema, false)

  const built = planFile?.value && buildTrackingPlan(planFile)
  problems.push(...(built?.problems ?? []))
  // Without a plan every name in the metrics would be unknown.
  const measured = built && metricsFile?.value ? buildMetrics(metricsFile, built.plan, options.kinds) : { metrics: new Map(), problems: [] }
  problems.push(...measured.problems)
  if (alerts?.value && metricsFile?.value) problems.push(...rulesAgainstMetrics(alerts, measured.metrics, metricsFile.value.metrics))
  // A metric with mistakes is missing here: those come first.
  if (dashboard && problems.length === 0) problems.push(...dashboardProblems(dashboard, measured.metrics))
  const notifying = channels?.value && withSecrets(channels, channels.value, options.env ?? {}, warnings)

  if (problems.length > 0 || !product?.value || !built) throw new CatalogueInvalid(folder, problems)
  const rules = alerts?.value ?? []
  return {
    catalogue: {
      product: product.value,
      plan: built.plan,
      metrics: measured.metrics,
      rules,
      dashboard: dashboard?.value ?? defaultDashboard(measured.metrics),
      ...(notifying && { notifying }),
    },
    warnings,
  }
}

function rulesAgainstMetrics(
  file: YamlFile<z.output<typeof alertsFile>>,
  metrics: Catalogue['metrics'],
  declared: Readonly<Record<string, unknown>>,
): readonly Problem[] {
  const rules = file.value ?? []
  return ruleProblems(rules, metrics).flatMap(({ rule: name, field, found, valid }) => {
    // A metric that is there but has mistakes of its own was complained of already.
    if (field === 'metric' && found in declared) return []
    const group = [...new Set(rules.map(rule => rule.group))].indexOf(rules.find(rule => rule.name === name)?.group ?? '')
    const inGroup = rules.filter(rule => rule.group === rules.find(r => r.name === name)?.group).findIndex(rule => rule.name === name)
    const path = ['groups', group, 'rules', inGroup, field, ...(field === 'where' ? [found] : [])]
    const message =
      found === '' ? `${name}: ${field} is missing` : `${name}: unknown ${field} "${found}", expected one of ${valid.join(', ')}`
    return [file.problem(path, message, nearest(found, valid))]
  })
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
