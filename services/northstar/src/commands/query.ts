import { nearest } from '@northstar/catalogue'
import type { Definitions, MetricAnswer, ReleasesAnswer } from '@northstar/http-api'
import { readSettings, type Settings } from '@northstar/runtime'
import { Command, InvalidArgumentError, Option } from 'commander'
import { callApi } from '../api-client.ts'
import { print, printCsv, printJson, warn } from '../print.ts'
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
        if (format === 'json') printJson(listed.metrics)
        else if (format === 'csv') printCsv(formatCsv(rows))
        else print(rows.length === 0 ? 'No metrics: metrics.yaml declares none.' : formatTable(rows))
        return
      }
      const query = new URLSearchParams()
      for (const name of ['from', 'to', 'period', 'by', 'limit', 'release'] as const) {
        const value = options[name]
        if (value !== undefined) query.set(name, value)
      }
      if (options.compare) query.set('compare', options.compare === true ? 'previous' : options.compare)
      for (const condition of options.where) {
        const [property, value] = conditionOf(condition)
        query.append(`where.${property}`, value)
      }
      const answer = await callApi<MetricAnswer>(settings, `/v1/metrics/${encodeURIComponent(metric)}?${query}`)
      for (const hint of await unseenReleases(settings, answer, options)) warn(hint)
      // CSV has no comments.
      if (answer.unknown && format === 'csv') warn(unknownText(answer.unknown, answer.timezone))
      if (format === 'json') printJson(answer)
      else if (format === 'csv') printCsv(answerAsCsv(answer))
      else print(answerAsTable(answer))
    })
}

function conditionOf(text: string): readonly [property: string, value: string] {
  const equals = text.indexOf('=')
  if (equals < 1)
    throw new InvalidArgumentError(
      `--where "${text}": expected PROPERTY=VALUE, such as ${equals < 0 && text !== '' ? text : 'platform'}=VALUE`,
    )
  return [text.slice(0, equals), text.slice(equals + 1)]
}

/** A sentence for each release of the question that no event was seen of. Asked only where nothing was measured. */
async function unseenReleases(settings: Settings, { points }: MetricAnswer, { release, compare }: Options): Promise<readonly string[]> {
  const other = typeof compare === 'string' && compare.startsWith('release:') ? compare.slice('release:'.length) : undefined
  const asked = [release, other].filter(version => version !== undefined)
  if (asked.length === 0 || points.some(({ sample, previous }) => sample > 0 && (other === undefined || previous !== null))) return []
  const { releases } = await callApi<ReleasesAnswer>(settings, '/v1/releases')
  const known = releases.map(({ version }) => version)
  return asked
    .filter(version => !known.includes(version))
    .map(version => {
      const near = nearest(version, known)
      return `No event of release "${version}" was seen${near === undefined ? '.' : `; did you mean "${near}"?`}`
    })
}

function once(value: string, former?: string): string {
  if (former !== undefined) throw new InvalidArgumentError('it is given once: a breakdown has one property.')
  return value
}
