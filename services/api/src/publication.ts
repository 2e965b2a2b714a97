import { createCalendar, DAY_MS, iso, lastDue, nextDue, type Titles, titlesOf } from '@northstar/catalogue'
import type { PublicAnswer } from '@northstar/http-api'
import { createPublicMeasure, type Metric, type MetricCatalogue, type PublicPeriod, publishOnce, type Query } from '@northstar/metrics'
import type { Logger, ScheduledJob } from '@northstar/runtime'
import { putIfAbsent, type StateStore } from '@northstar/state'
import type { UnknownReader } from './unknown.ts'

export interface PublicationConfig {
  /** Values of fewer people are hidden. */
  readonly k: number
  /** Delay of the publication after a week's end, ms, for events of clients that were offline. */
  readonly settleMs: number
}

export const PUBLICATION_DEFAULTS: PublicationConfig = { k: 10, settleMs: DAY_MS }

export interface PublicationDeps {
  readonly catalogue: MetricCatalogue
  readonly query: Query
  readonly state: StateStore
  /** Why a collected metric's value at a time is unknown; such a week is published once it is known. */
  readonly unknown?: UnknownReader
  readonly now: () => number
  readonly logger: Logger
}

export interface Publication {
  /** Publishes the weeks that have settled since the last time. */
  publish(): Promise<void>
  /** The public metrics by week. Weeks that have yet to be published are hidden. */
  read(): Promise<PublicAnswer>
}

/** The name of the scheduled job. */
export const PUBLICATION = 'publication'

const WEEKS = 'public/weeks/'
/** Maximum number of weeks on the page. */
const MAX_WEEKS = 104
const HOURLY = { every_minutes: 60 }
const RECHECK_MS = 15_000

/** Publishes public metrics. A week is published once, some time after its end, and never changes. The current week is not public. */
export function createPublication(deps: PublicationDeps, config: PublicationConfig = PUBLICATION_DEFAULTS): Publication {
  const { catalogue, state, now, logger } = deps
  const { product } = catalogue
  const calendar = createCalendar(product)
  const measure = createPublicMeasure(deps)
  const titles = titlesOfProperties(titlesOf(catalogue.plan), new Set(measure.metrics.flatMap(({ by }) => by)))
  for (const { metric, overlaps } of measure.withheld) {
    const why = `it could be subtracted from ${overlaps.name}, which is also public. Remove "public" from one of them in metrics.yaml.`
    logger.warn({ metric: metric.name, overlaps: overlaps.name }, `${metric.name} is marked public but is not published: ${why}`)
  }

  function settledWeeks() {
    const launch = calendar.startOf(product.launch)
    const end = calendar.periodAt('week', now() - config.settleMs).from
    return end <= launch ? [] : calendar.spans('week', launch, end).slice(-MAX_WEEKS)
  }

  const keyOf = (metric: Metric, from: number) => `${WEEKS}${metric.name}/${calendar.date(from)}`

  async function publishedWeeks(metric: Metric): Promise<ReadonlyMap<string, PublicPeriod>> {
    const stored = await state.list<PublicPeriod>(`${WEEKS}${metric.name}/`)
    return new Map(stored.map(({ key, value }) => [key, value]))
  }

  async function publishMetric(metric: Metric): Promise<void> {
    const published = await publishedWeeks(metric)
    const unpublished = settledWeeks().filter(week => !published.has(keyOf(metric, week.from)))
    const unknown = await Promise.all(unpublished.map(({ to }) => deps.unknown?.(metric, to)))
    const missing = unpublished.filter((_, i) => !unknown[i])
    const [first, last] = [missing[0], missing.at(-1)]
    if (!first || !last) return
    for (const { from, measured } of await measure.weeks(metric, { from: first.from, to: last.to })) {
      const key = keyOf(metric, from)
      const period = publishOnce(published.get(key), measured, config.k)
      if (period && missing.some(week => week.from === from) && !published.has(key)) await putIfAbsent(state, key, period)
    }
  }

  async function readMetric(metric: Metric): Promise<PublicAnswer['metrics'][number]> {
    const published = await publishedWeeks(metric)
    const { name, title, description, unit, level, goal } = metric
    const points = settledWeeks().map(({ from, to }) => ({
      from: iso(from),
      to: iso(to),
      week: calendar.weekNumber(from),
      // An unpublished week must look like a hidden one, or readers would learn that it was empty.
      ...(published.get(keyOf(metric, from)) ?? measure.hidden(metric)),
    }))
    return { name, title, description, unit, level, ...(goal && { goal }), points }
  }

  return {
    async publish() {
      for (const metric of measure.metrics) await publishMetric(metric)
    },
    async read() {
      const metrics = await Promise.all(measure.metrics.map(readMetric))
      const { name, title, timezone, launch } = product
      return { product: { name, title, timezone, launch }, period: 'week', k: config.k, titles, metrics }
    },
  }
}

function titlesOfProperties({ properties, values }: Titles, wanted: ReadonlySet<string>): Titles {
  const only = <V>(given: Readonly<Record<string, V>>) => Object.fromEntries(Object.entries(given).filter(([name]) => wanted.has(name)))
  return { properties: only(properties), values: only(values) }
}

/**
 * The scheduled job that publishes. A published value cannot be corrected, so the job waits until the warehouse is complete.
 * @param isComplete whether the warehouse has every event of the settled weeks
 */
export function createPublicationJob(
  publication: Pick<Publication, 'publish'>,
  isComplete: () => Promise<boolean>,
  now: () => number,
): ScheduledJob {
  return {
    name: PUBLICATION,
    lastDue: at => lastDue(HOURLY, at, 'UTC'),
    nextDue: after => nextDue(HOURLY, after, 'UTC'),
    usefulMs: HOURLY.every_minutes * 60_000,
    startsAtOnce: true,
    async run() {
      if (!(await isComplete())) return { continueAt: now() + RECHECK_MS, reason: 'events have yet to reach the warehouse' }
      await publication.publish()
    },
  }
}
