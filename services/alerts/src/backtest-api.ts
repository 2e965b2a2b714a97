import { PassThrough } from 'node:stream'
import { type Backtest, backtestAnswer, type SimulationSpan } from '@northstar/alerting'
import { parseDuration, parseInstant } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { api, type Input } from '@northstar/http-api'
import { type FastifyPluginAsync, HttpProblem, handle, type Logger } from '@northstar/runtime'
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

const DAY = 86_400_000
/** Steps from which the default is chosen: the shortest that does not exceed the maximum number of evaluations. */
const STEPS_MS = [60_000, 300_000, 900_000, 3_600_000, 6 * 3_600_000, DAY]
const STEPS_UNASKED = 700
const MAX_STEPS = 50_000
const SHORTEST_STEP_MS = 10_000

/**
 * `POST /v1/rules/backtest {from?, to?, step?, rule?}`: when rules would have fired over the warehouse's history. Answers JSON; to
 * `Accept: application/x-ndjson` a line `{"done": 0..1}` now and then, and last `{"result"}` or `{"error"}`. One at a time.
 */
export function createBacktestRoutes({ catalogue, warehouse, now, logger }: BacktestRoutesDeps): FastifyPluginAsync {
  let running = false
  let closing = false

  function spanOf(given: Given): SimulationSpan {
    const instant = (field: 'from' | 'to', otherwise: number) => {
      const text = given[field]
      if (text === undefined) return otherwise
      const at = parseInstant(text, catalogue.product.timezone)
      if (at === null) throw new HttpProblem({ status: 400, detail: `${field} is a date or an RFC 3339 time, not "${text}".` })
      return at
    }
    const to = instant('to', now())
    const from = instant('from', to - 7 * DAY)
    if (from >= to) throw new HttpProblem({ status: 400, detail: 'from must come before to.' })
    const stepMs = given.step === undefined ? stepFor(to - from) : parseDuration(given.step)
    if (stepMs === null) throw new HttpProblem({ status: 400, detail: `step is a duration such as 1m, not "${given.step}".` })
    if (stepMs < SHORTEST_STEP_MS || (to - from) / stepMs > MAX_STEPS)
      throw new HttpProblem({ status: 400, detail: `step is at least 10s, and no more than ${MAX_STEPS} steps are made.` })
    return { from, to, stepMs }
  }

  function rulesOf(name: string | undefined): AlertingCatalogue {
    const rules = name === undefined ? catalogue.rules : catalogue.rules.filter(rule => rule.name === name)
    if (rules.length > 0 || name === undefined) return { ...catalogue, rules }
    throw unknownRule(name, catalogue.rules)
  }

  async function run(tried: AlertingCatalogue, span: SimulationSpan, onStep: (done: number) => void): Promise<Backtest> {
    running = true
    try {
      return await backtestRules(tried, warehouse, span, done => {
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
      const tried = rulesOf(given.rule)
      if (running) throw new HttpProblem({ status: 409, detail: 'Another backtest runs: one at a time.' }, { 'retry-after': '10' })
      if (!request.headers.accept?.includes('application/x-ndjson')) return backtestAnswer(await run(tried, span, () => {}))
      const lines = new PassThrough()
      const write = (line: unknown) => lines.write(`${JSON.stringify(line)}\n`)
      let reported = 0
      const heard = (done: number) => {
        if (lines.destroyed) throw new HttpProblem({ status: 499, detail: 'The client closed the connection.' })
        if (done - reported < 0.005) return
        reported = done
        write({ done })
      }
      write({ done: 0 })
      void run(tried, span, heard)
        .then(
          result => write({ result: backtestAnswer(result) }),
          (error: unknown) => {
            logger.error({ err: error }, 'a backtest failed')
            if (!lines.destroyed) write({ error: error instanceof Error ? error.message : 'the backtest failed' })
          },
        )
        .finally(() => lines.end())
      reply.type('application/x-ndjson').send(lines)
      return
    })
  }
}

const stepFor = (ms: number) => STEPS_MS.find(step => ms / step <= STEPS_UNASKED) ?? DAY
