import { type Backtest, backtestAnswer, type SimulationSpan } from '@northstar/alerting'
import { DAY_MS, HOUR_MS, parseDuration, parseInstant } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { api, type BacktestLine, type Input } from '@northstar/http-api'
import { badValue, type FastifyPluginAsync, HttpProblem, handle, type Logger, sendLines, wantsLines } from '@northstar/runtime'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { backtestRules } from './rules.ts'
import { unknownRule } from './unknown-rule.ts'

export interface BacktestRoutesDeps {
  readonly catalogue: AlertingCatalogue
  readonly warehouse: Pick<Warehouse, 'query'>
  readonly now: () => number
  readonly logger: Logger
}

type Given = Input<typeof api.rules.backtest>['body']

/** Default steps: the shortest with at most {@link DEFAULT_STEPS} evaluations is chosen. */
const STEPS_MS = [60_000, 300_000, 900_000, HOUR_MS, 6 * HOUR_MS, DAY_MS]
const DEFAULT_STEPS = 700
const MAX_STEPS = 50_000
const MIN_STEP_MS = 10_000
/** Rules read windows of years before and after an evaluation, which the warehouse must be able to store. */
const EARLIEST = Date.UTC(1970, 0, 1)
const LATEST = Date.UTC(2200, 0, 1)

/**
 * `POST /v1/rules/backtest {from?, to?, step?, rule?}`: when rules would have fired over the warehouse's history. Answers JSON; to
 * `Accept: application/x-ndjson` lines `{"done": 0..1}` as it progresses, and last `{"result"}` or `{"error"}`. One backtest runs at a time.
 */
export function createBacktestRoutes({ catalogue, warehouse, now, logger }: BacktestRoutesDeps): FastifyPluginAsync {
  let running = false
  let closing = false

  function spanOf(given: Given): SimulationSpan {
    const instant = (field: 'from' | 'to', fallback: number) => {
      const text = given[field]
      if (text === undefined) return fallback
      const at = parseInstant(text, catalogue.product.timezone)
      if (at === null) throw badValue(field, `\`${field}\` must be a date or an RFC 3339 time, not "${text.slice(0, 100)}".`)
      if (at < EARLIEST || at > LATEST)
        throw badValue(field, `\`${field}\` must lie in the years from 1970 to 2199.`, { code: 'bad_range' })
      return at
    }
    const to = instant('to', now())
    const from = instant('from', to - 7 * DAY_MS)
    if (from >= to) throw badValue('from', '`from` must be before `to`.', { code: 'bad_range' })
    const stepMs = given.step === undefined ? stepFor(to - from) : parseDuration(given.step)
    if (stepMs === null) throw badValue('step', `\`step\` must be a duration such as 1m, not "${given.step?.slice(0, 100)}".`)
    if (stepMs < MIN_STEP_MS || (to - from) / stepMs > MAX_STEPS)
      throw badValue('step', `\`step\` must be at least 10s and give at most ${MAX_STEPS} steps: choose a longer step or a shorter range.`)
    if (stepMs > to - from) throw badValue('step', '`step` is longer than the range.')
    return { from, to, stepMs }
  }

  function rulesOf(name: string | undefined): AlertingCatalogue {
    const rules = name === undefined ? catalogue.rules : catalogue.rules.filter(rule => rule.name === name)
    if (rules.length > 0 || name === undefined) return { ...catalogue, rules }
    throw unknownRule(name, catalogue.rules)
  }

  async function run(selected: AlertingCatalogue, span: SimulationSpan, onStep: (done: number) => void): Promise<Backtest> {
    running = true
    try {
      return await backtestRules(selected, warehouse, span, done => {
        if (closing) throw new HttpProblem({ status: 503, detail: 'Northstar is stopping.' })
        onStep(done)
      })
    } finally {
      running = false
    }
  }

  return async fastify => {
    fastify.addHook('preClose', () => {
      closing = true
      return Promise.resolve()
    })

    handle(fastify, api.rules.backtest, async ({ body: given, raw: request }, reply) => {
      const span = spanOf(given)
      const selected = rulesOf(given.rule)
      if (running)
        throw new HttpProblem({ status: 409, detail: 'Another backtest is running. Try again when it has ended.' }, { 'retry-after': '10' })
      if (!wantsLines(request)) return backtestAnswer(await run(selected, span, () => {}))
      const lines = sendLines<BacktestLine>(reply)
      let reported = 0
      const report = (done: number) => {
        if (lines.isClosed()) throw new HttpProblem({ status: 499, detail: 'The client closed the connection.' })
        if (done - reported < 0.005) return
        reported = done
        lines.write({ done })
      }
      lines.write({ done: 0 })
      void run(selected, span, report)
        .then(
          result => lines.write({ result: backtestAnswer(result) }),
          (error: unknown) => {
            logger.error({ err: error }, 'a backtest failed')
            lines.write({ error: error instanceof Error ? error.message : 'the backtest failed' })
          },
        )
        .finally(lines.end)
      return
    })
  }
}

const stepFor = (ms: number) => STEPS_MS.find(step => ms / step <= DEFAULT_STEPS) ?? DAY_MS
