import { Command, Option } from 'commander'
import { callApi } from '../api-client.ts'
import { readConfig } from '../config.ts'
import { formatCsv, formatTable, sparkline } from '../table.ts'

interface Point {
  readonly from?: string
  readonly cohort?: string
  readonly offset?: number
  readonly complete?: boolean
  readonly by?: Readonly<Record<string, string>>
  readonly value: number | null
  readonly sample: number
  readonly target?: { readonly value: number; readonly status: string | null; readonly distance: number | null }
  readonly previous?: number | null
}

interface Answer {
  readonly metric: string
  readonly unit: string
  readonly timezone: string
  readonly period: string
  readonly source: string
  readonly points: readonly Point[]
}

interface Options {
  from?: string
  to?: string
  period?: string
  by?: string
  where: string[]
  compare?: boolean
  format: 'table' | 'json' | 'csv'
  json?: boolean
}

export function queryCommand(): Command {
  return new Command('query')
    .description('A metric by period, with its target. Without a name: all metrics.')
    .argument('[metric]', 'name of a metric, as in the product folder')
    .option('--from <time>', "first day (in the product's zone) or RFC 3339")
    .option('--to <time>', 'end, itself excluded')
    .option('--period <period>', 'hour, day, week (from the launch day), calendar_week, month or total')
    .option('--by <property>', 'one line for each value of a property')
    .option(
      '--where <property=value>',
      'only events with this value; may be given again',
      (value: string, all: string[]) => [...all, value],
      [],
    )
    .option('--compare', 'beside the value of the period before')
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json', 'csv']).default('table'))
    .option('--json', 'the same as --format json')
    .action(async (metric: string | undefined, options: Options) => {
      const settings = readConfig()
      const format = options.json ? 'json' : options.format
      if (!metric) {
        const { metrics } = await callApi<{ metrics: { name: string; kind: string; unit: string; title: string }[] }>(
          settings,
          '/v1/metrics',
        )
        return print(
          format,
          metrics,
          metrics.map(({ name, kind, unit, title }) => ({ name, kind, unit, title })),
        )
      }
      const query = new URLSearchParams()
      for (const name of ['from', 'to', 'period', 'by'] as const) {
        const value = options[name]
        if (value) query.set(name, value)
      }
      if (options.compare) query.set('compare', 'previous')
      for (const condition of options.where) {
        const [property, ...value] = condition.split('=')
        query.append(`where.${property}`, value.join('='))
      }
      const answer = await callApi<Answer>(settings, `/v1/metrics/${encodeURIComponent(metric)}?${query}`)
      print(format, answer, answer.points.map(rowOf))
      if (format === 'table') process.stdout.write(`\n${footer(answer)}\n`)
    })
}

function rowOf(point: Point) {
  return {
    ...(point.from && { from: point.from.replace('.000Z', 'Z') + (point.complete === false ? ' …' : '') }),
    ...(point.cohort && { cohort: point.cohort, offset: point.offset ?? 0 }),
    ...point.by,
    value: point.value,
    sample: point.sample,
    ...(point.target && { target: point.target.value, status: point.target.status, distance: point.target.distance }),
    ...(point.previous !== undefined && point.previous !== null && { previous: point.previous }),
  }
}

function footer({ metric, unit, timezone, period, source, points }: Answer): string {
  const line = points.some(point => point.by || point.cohort) ? '' : `  ${sparkline(points.map(point => point.value))}`
  return `${metric} (${unit}) by ${period}, ${timezone}, from the ${source === 'live' ? 'live counters' : 'warehouse'}${line}`
}

function print(format: Options['format'], answer: unknown, rows: Parameters<typeof formatTable>[0]): void {
  process.stdout.write(`${format === 'json' ? JSON.stringify(answer) : format === 'csv' ? formatCsv(rows) : formatTable(rows)}\n`)
}
