import { createHash } from 'node:crypto'
import { createCalendar } from '@northstar/catalogue'
import { api, type PublicAnswer } from '@northstar/http-api'
import { createPublicMeasure, type Metric, type MetricCatalogue, type PublicPeriod, publishOnce, type Query } from '@northstar/metrics'
import { type FastifyPluginAsync, handle, type Logger } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'

export interface PublicConfig {
  /** Groups of fewer people are hidden. */
  readonly k: number
  /** How long after its end a week is published, ms: events of clients that were offline still count. */
  readonly settleMs: number
  /** How long an answer stands, ms. */
  readonly cacheMs: number
}

export const PUBLIC_DEFAULTS: PublicConfig = { k: 10, settleMs: 24 * 3_600_000, cacheMs: 60_000 }

export interface PublicDeps {
  readonly catalogue: MetricCatalogue
  readonly query: Query
  readonly state: StateStore
  readonly now: () => number
  readonly logger: Logger
  /** Whether everything that was sent is in the warehouse. Until it is, nothing new is published, since it could not be mended. */
  readonly ready: () => Promise<boolean>
}

const WEEKS = 'public/weeks/'
/** As far as the page looks back. */
const MOST_WEEKS = 104

type PublicMetric = PublicAnswer['metrics'][number]

/**
 * What anyone may see: the metrics marked public, by week, for any page to embed. A week is published once, a while after its end, and
 * never changes; there is nothing to filter and nothing of the running week, so no two views can be subtracted.
 */
export function publicRoutes(deps: PublicDeps, config: PublicConfig = PUBLIC_DEFAULTS): FastifyPluginAsync {
  const { catalogue, state, now, logger } = deps
  const { product } = catalogue
  const calendar = createCalendar(product)
  const measure = createPublicMeasure(deps)
  for (const { metric, beside } of measure.withheld) {
    const why = `it could be subtracted from ${beside.name}, which is public too: make one of them not public in metrics.yaml`
    logger.warn({ metric: metric.name, beside: beside.name }, `${metric.name} is marked public and is not published: ${why}`)
  }
  let kept: { readonly until: number; readonly text: string; readonly etag: string } | undefined
  let making: Promise<NonNullable<typeof kept>> | undefined

  function completeWeeks() {
    const launch = calendar.startOf(product.launch)
    const end = calendar.periodAt('week', now() - config.settleMs).from
    return end <= launch ? [] : calendar.spans('week', launch, end).slice(-MOST_WEEKS)
  }

  const keyOf = (metric: Metric, from: number) => `${WEEKS}${metric.name}/${calendar.date(from)}`

  async function publish(metric: Metric, ready: boolean): Promise<PublicMetric> {
    const weeks = completeWeeks()
    const stored = await state.list<PublicPeriod>(`${WEEKS}${metric.name}/`)
    const published = new Map(stored.map(({ key, value }) => [key, value]))
    const missing = weeks.filter(week => !published.has(keyOf(metric, week.from)))
    const [first, last] = [missing[0], missing.at(-1)]
    if (ready && first && last) {
      for (const { from, measured } of await measure.weeks(metric, { from: first.from, to: last.to })) {
        const key = keyOf(metric, from)
        const period = publishOnce(published.get(key), measured, config.k)
        if (period && !published.has(key)) published.set(key, await keep(key, period))
      }
    }
    const { name, title, description, unit, level, goal } = metric
    const points = weeks.map(({ from, to }) => ({
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      week: calendar.weekNumber(from),
      // A week that is not published yet looks like a hidden one, or it would be known to have been empty.
      ...(published.get(keyOf(metric, from)) ?? measure.hidden(metric)),
    }))
    return { name, title, description, unit, level, ...(goal && { goal }), points }
  }

  /** Of two processes that publish a week, the first one's values stay. */
  async function keep(key: string, period: PublicPeriod): Promise<PublicPeriod> {
    try {
      await state.put(key, period, { ifVersion: 0 })
      return period
    } catch (error) {
      if (!(error instanceof StateConflict)) throw error
      return (await state.get<PublicPeriod>(key))?.value ?? period
    }
  }

  async function make(): Promise<NonNullable<typeof kept>> {
    const ready = await deps.ready().catch((error: unknown) => {
      logger.warn({ err: error }, 'nothing new is published: the stored weeks cannot be read')
      return false
    })
    const metrics: PublicMetric[] = []
    for (const metric of measure.metrics) metrics.push(await publish(metric, ready))
    const { name, title, timezone, launch } = product
    const answer: PublicAnswer = { product: { name, title, timezone, launch }, period: 'week', k: config.k, metrics }
    const text = JSON.stringify(answer)
    kept = {
      until: now() + (ready ? config.cacheMs : 0),
      text,
      etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`,
    }
    return kept
  }

  return async fastify => {
    handle(fastify, api.publicFigures.read, async ({ raw: request }, reply) => {
      reply.header('access-control-allow-origin', '*').header('cache-control', 'public, max-age=300')
      if (kept === undefined || kept.until <= now()) {
        making ??= make().finally(() => {
          making = undefined
        })
        await making
      }
      const { text = '', etag = '' } = kept ?? {}
      reply.header('etag', etag)
      if (request.headers['if-none-match'] === etag) reply.code(304).send()
      else reply.type('application/json').send(text)
    })
  }
}
