import type { Alert, Answer, api, Definition, Definitions, MetricAnswer, Readiness } from '@northstar/http-api'
import { headlinePoints } from '@northstar/http-api/headline'
import { readSettings, type Settings } from '@northstar/runtime'
import { Command } from 'commander'
import { addressOf, callApi } from '../api-client.ts'
import { printAnswer } from '../print.ts'
import { formatRelative, formatTable, formatUnit, sparkline } from '../table.ts'

/** Maximum number of concurrent requests. */
const CONCURRENCY = 4
/** Weeks in a trend. */
const WEEKS = 12

interface Row {
  readonly metric: string
  /** Which of several points of a week the row shows; absent where there is one. */
  readonly headline?: Definition['headline']
  readonly value: number | null
  readonly unit: Definition['unit']
  readonly change: number | null
  readonly target: number | null
  readonly status: string | null
  readonly weeks: readonly (number | null)[]
  /** Why the figure of today is not known, and since when; absent where it is known. */
  readonly unknown?: MetricAnswer['unknown']
}

export function statusCommand(): Command {
  return new Command('status')
    .description(
      'Prints all metrics with their last full week, change, target and trend, the firing alerts, and what is wrong with the installation.',
    )
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const settings = readSettings()
      const { metrics } = await callApi<Definitions>(settings, '/v1/metrics')
      const { alerts } = await callApi<Answer<typeof api.alerts.list>>(settings, '/v1/alerts')
      const firing = alerts.filter(({ state }) => state === 'firing')
      const rows = await readAll(settings, metrics)
      const problems = await readProblems(settings)
      printAnswer({ metrics: rows, alerts: firing, problems }, options.json, () =>
        [readable(rows, firing), ...(problems.length > 0 ? ['', 'Problems:', ...problems.map(problem => `  ${problem}`)] : [])].join('\n'),
      )
    })
}

/** The parts that are not healthy, each with its reason. Their answer has the status 503 where one cannot work. */
async function readProblems(settings: Settings): Promise<readonly string[]> {
  const response = await fetch(`${addressOf(settings)}/readyz`)
  const { parts } = (await response.json().catch(() => ({ parts: {} }))) as Pick<Readiness, 'parts'>
  return Object.entries(parts).flatMap(([part, { healthy, reason }]) => (healthy ? [] : [`${part}: ${reason}`]))
}

async function readAll(settings: Settings, metrics: readonly Definition[]): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (let start = 0; start < metrics.length; start += CONCURRENCY) {
    rows.push(...(await Promise.all(metrics.slice(start, start + CONCURRENCY).map(metric => read(settings, metric)))))
  }
  return rows
}

async function read(settings: Settings, definition: Definition): Promise<Row> {
  return statusRow(definition, await callApi<MetricAnswer>(settings, `/v1/metrics/${definition.name}?period=week&compare=previous`))
}

/** The metric's newest complete week. */
export function statusRow(definition: Definition, { unit, points, unknown }: MetricAnswer): Row {
  const { name, headline } = definition
  const complete = headlinePoints(definition, points).filter(point => point.complete)
  const last = complete.at(-1)
  return {
    metric: name,
    ...(headline && { headline }),
    value: last?.value ?? null,
    unit,
    change: last?.change ?? null,
    target: last?.target?.value ?? null,
    status: last?.target?.status ?? null,
    weeks: complete.slice(-WEEKS).map(({ value }) => value),
    ...(unknown && { unknown }),
  }
}

/** @param columns the width of the terminal: the trend is cut to its newest weeks, or left out, so that no row wraps */
export function readable(
  rows: readonly Row[],
  firing: readonly Alert[],
  columns = process.stdout.columns ?? Number.POSITIVE_INFINITY,
): string {
  const table = rows.map(({ metric, headline, value, unit, change, target, status, unknown }) => ({
    metric: headline ? `${metric} (${'offset' in headline ? `week ${headline.offset}` : headline.member})` : metric,
    'last week': formatUnit(value, unit),
    change: change === null ? '–' : unit === 'ratio' ? formatUnit(change, 'ratio', true) : formatRelative(change),
    target: formatUnit(target, unit),
    status: unknown ? 'unknown' : (status?.replaceAll('_', ' ') ?? '–'),
  }))
  const room = columns - widthOf(table) - GAP
  const lines = rows.flatMap(({ metric, unknown }) =>
    unknown ? [`${metric}${unknown.since === null ? '' : ` since ${unknown.since}`}: ${unknown.reason}`] : [],
  )
  const alerts = firing.map(({ severity, rule, annotations }) => `${severity} ${annotations.summary ?? rule}`)
  return [
    formatTable(room < LEAST_TREND ? table : table.map((row, i) => ({ ...row, trend: sparkline(trendOf(rows[i], room)) }))),
    '',
    ...(lines.length > 0 ? ['Unknown:', ...lines.map(line => `  ${line}`), ''] : []),
    ...(alerts.length > 0 ? ['Firing alerts:', ...alerts.map(line => `  ${line}`)] : ['No alerts firing.']),
  ].join('\n')
}

/** The space between two columns of a table. */
const GAP = 2
/** Weeks below which a trend says nothing. */
const LEAST_TREND = 4

const widthOf = (table: Parameters<typeof formatTable>[0]) =>
  Math.max(
    ...formatTable(table)
      .split('\n')
      .map(line => line.length),
  )

const trendOf = (row: Row | undefined, room: number) => row?.weeks.slice(-Math.min(room, WEEKS)) ?? []
