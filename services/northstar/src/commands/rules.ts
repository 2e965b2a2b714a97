import { describeFailure, formatValue, type RuleTest, type RuleTestResult, type ValueUnit } from '@northstar/alerting'
import { testRules } from '@northstar/alerts'
import { CatalogueInvalid, formatDuration } from '@northstar/catalogue'
import type { Answer, api, BacktestAnswer, BacktestLine } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi, streamApi } from '../api-client.ts'
import { withTempFolder } from '../cleanup.ts'
import { print, printJson, warn } from '../print.ts'
import { checkProduct } from '../product.ts'
import { withProgress } from '../progress.ts'
import { openScratchStores } from '../stores.ts'
import { formatTable } from '../table.ts'

export function rulesCommand(): Command {
  return new Command('rules').description('Tests and backtests alert rules.').addCommand(test()).addCommand(backtest())
}

function test(): Command {
  return new Command('test')
    .description('Runs the tests in alerts.test.yaml. Exits 1 if one fails.')
    .argument('[folder]', 'the product folder (default: NORTHSTAR_PRODUCT)')
    .option('--name <text>', 'run only tests whose name contains this text')
    .option('--json', 'print JSON')
    .action(async (folder: string | undefined, options: { name?: string; json?: boolean }) => {
      const path = folder ?? readSettings().productFolder
      const { catalogue, problems } = checkProduct(path, {})
      if (!catalogue) throw new CatalogueInvalid(path, problems)
      const chosen = catalogue.ruleTests.filter(one => one.name.includes(options.name ?? ''))
      if (chosen.length === 0) warn(`${path}: no matching tests`)
      const results = await run(chosen, open => testRules(catalogue, chosen, open), options.json === true)
      if (options.json) printJson(results)
      const failed = results.filter(result => !result.passed).length
      if (!options.json) print(`${results.length - failed} passed, ${failed} failed`)
      if (failed > 0 || chosen.length === 0) process.exitCode = 1
    })
}

/** Runs each test with its own stores and prints its result. */
async function run(
  tests: readonly RuleTest[],
  start: (open: Parameters<typeof testRules>[2]) => AsyncGenerator<RuleTestResult>,
  quiet: boolean,
): Promise<RuleTestResult[]> {
  const results: RuleTestResult[] = []
  await withTempFolder('northstar-rules-', folder =>
    withProgress('Testing', tests.length, async progress => {
      for await (const result of start((index, now) => openScratchStores(folder, index, now))) {
        results.push(result)
        progress.update(results.length)
        if (!quiet) print(readable(result))
      }
    }),
  )
  return results
}

function readable({ name, passed, failures }: RuleTestResult): string {
  const lines = failures.flatMap(failure => {
    const [heading = '', ...difference] = describeFailure(failure)
    return [`    ${heading}`, ...difference.map(line => `      ${line}`)]
  })
  return [`${passed ? '✓' : '✗'} ${name}`, ...lines].join('\n')
}

interface BacktestOptions {
  from?: string
  to?: string
  step?: string
  rule?: string
  json?: boolean
}

function backtest(): Command {
  return new Command('backtest')
    .description('Evaluates alert rules over stored events: when each would have fired, for how long, and how often.')
    .option('--from <time>', "start: a date in the product's time zone or RFC 3339 (default: 7 days before the end)")
    .option('--to <time>', 'end (default: now)')
    .option('--step <duration>', 'evaluation interval, such as 1m; shorter intervals detect shorter spikes and take longer')
    .option('--rule <name>', 'only this rule')
    .option('--json', 'print JSON')
    .action(async (options: BacktestOptions) => {
      const { json, ...body } = options
      const answer = await withProgress('Backtest (%)', 100, async progress => {
        for await (const line of streamApi<BacktestLine>(readSettings(), '/v1/rules/backtest', body)) {
          if ('error' in line) throw new Error(line.error, { cause: 'the running Northstar' })
          if ('result' in line) return line.result
          progress.update(Math.floor(line.done * 100))
        }
        return undefined
      })
      if (!answer) throw new Error('the connection closed before the result arrived', { cause: 'the running Northstar' })
      if (json) return void printJson(answer)
      const { rules } = await callApi<Answer<typeof api.rules.list>>(readSettings(), '/v1/rules')
      print(report(answer, new Map(rules.map(({ rule, unit }) => [rule, unit ?? 'number']))))
    })
}

const short = (seconds: number) => formatDuration(Math.round(seconds) * 1_000)

function report({ from, to, step_seconds, rules, notifications }: BacktestAnswer, units: ReadonlyMap<string, ValueUnit>): string {
  const noise = rules.map(rule => ({
    rule: rule.rule,
    severity: rule.severity,
    fired: rule.fired,
    'per week': Math.round(rule.per_week * 10) / 10,
    firing: short(rule.firing_seconds),
    'of the time': `${Math.round(rule.share * 1_000) / 10}%`,
    'pending only': rule.lapsed,
  }))
  const episodes = rules
    .flatMap(rule => rule.episodes.map(episode => ({ rule: rule.rule, ...episode })))
    .sort((a, b) => a.from.localeCompare(b.from))
    .map(({ rule, member, from: began, to: ended, seconds, worst, threshold }) => ({
      from: began.replace('.000Z', 'Z'),
      rule,
      member: member ?? '',
      lasted: `${short(seconds)}${ended === null ? ' …' : ''}`,
      worst: formatValue(worst, units.get(rule), threshold),
      threshold: formatValue(threshold, units.get(rule), worst),
    }))
  const notified = Object.entries(notifications).map(([receiver, count]) => `${receiver} ${count.toLocaleString('en-US')}`)
  return [
    `${from} to ${to}, evaluated every ${short(step_seconds)}`,
    '',
    formatTable(noise),
    '',
    episodes.length === 0 ? 'No rule would have fired.' : formatTable(episodes),
    '',
    `Notifications: ${notified.join(', ') || 'none'}`,
  ].join('\n')
}
