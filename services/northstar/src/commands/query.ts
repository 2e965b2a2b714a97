import type { Definitions, MetricAnswer } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command, InvalidArgumentError, Option } from 'commander'
import { callApi } from '../api-client.ts'
import { print } from '../print.ts'
import { formatCsv, formatTable } from '../table.ts'
import { answerAsCsv, answerAsTable, unknownText } from './query-answer.ts'

interface Options {
  from?: string
  to?: string
  period?: string
  by?: string
  where: string[]
  limit?: string
  compare?: string | true
  release?: string
  format: 'table' | 'json' | 'csv'
  json?: boolean
}

export function queryCommand(): Command {
  return new Command('query')
    .description('Prints a metric by period with its target. Without a name, lists all metrics.')
    .argument('[metric]', 'metric name')
    .option('--from <time>', "start: a date in the product's time zone or RFC 3339")
    .option('--to <time>', 'end, exclusive')
    .option('--period <period>', 'hour, day, week (anchored at the launch day), calendar_week, month, quarter, year or total')
    .option('--by <property>', 'break down by a property', once)
    .option('--limit <n>', 'how many members of a breakdown, those with the largest samples (default: 50)')
    .option('--where <property=value>', 'filter by a property; repeatable', (value: string, all: string[]) => [...all, value], [])
    .option('--release <version>', 'only events of a release')
    .option('--compare [with]', 'compare with the previous period, or with: previous, year, release:VERSION')
    .addOption(new Option('--format <format>', 'output format').choices(['table', 'json', 'csv']).default('table'))
    .option('--json', 'same as --format json')
    .action(async (metric: string | undefined, options: Options) => {
      const settings = readSettings()
      const format = options.json ? 'json' : options.format
      if (!metric) {
        const listed = await callApi<Definitions>(settings, '/v1/metrics')
        const rows = listed.metrics.map(({ name, kind, unit, title }) => ({ name, kind, unit, title }))
        print(format === 'json' ? JSON.stringify(listed.metrics) : format === 'csv' ? formatCsv(rows) : formatTable(rows))
        return
      }
      const query = new URLSearchParams()
      for (const name of ['from', 'to', 'period', 'by', 'limit', 'release'] as const) {
        const value = options[name]
        if (value !== undefined) query.set(name, value)
      }
      if (options.compare) query.set('compare', options.compare === true ? 'previous' : options.compare)
      for (const condition of options.where) {
        const [property, ...value] = condition.split('=')
        query.append(`where.${property}`, value.join('='))
      }
      const answer = await callApi<MetricAnswer>(settings, `/v1/metrics/${encodeURIComponent(metric)}?${query}`)
      // CSV has no comments.
      if (answer.unknown && format === 'csv') process.stderr.write(`${unknownText(answer.unknown, answer.timezone)}\n`)
      print(format === 'json' ? JSON.stringify(answer) : format === 'csv' ? answerAsCsv(answer) : answerAsTable(answer))
    })
}

function once(value: string, former?: string): string {
  if (former !== undefined) throw new InvalidArgumentError('it is given once: a breakdown has one property.')
  return value
}
