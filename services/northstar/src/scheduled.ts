import { createDigestJobs, createHistoryReader, createPruneJob, openChannels, readFiringAt } from '@northstar/alerts'
import { createPublication, createPublicationJob, isStoredUpTo, PUBLICATION_DEFAULTS, type Publication } from '@northstar/api'
import { titlesOf } from '@northstar/catalogue'
import { collectedEvents, collectSchedules, createCollectJobs, createSafeFetch, readFreshness, unknownAt } from '@northstar/collectors'
import type { Ingest } from '@northstar/ingest'
import { createMetricReader, eventsRead, type Metric, type Query } from '@northstar/metrics'
import { createHttpSend } from '@northstar/notifications'
import { createNotesReader, createReports, type ReportSender } from '@northstar/reports'
import type { ScheduledJob } from '@northstar/runtime'
import { createEventRetentionJob } from '@northstar/warehouse'
import type { Context } from './context.ts'

/** Events younger than this may still be on their way to the warehouse. */
const IN_TRANSIT_MS = 10 * 60_000

/** All scheduled jobs. @param ingest ingests the samples of collectors */
export function scheduledJobs(context: Context, ingest: Ingest | undefined): readonly ScheduledJob[] {
  const { settings, catalogue, stores, now, metrics } = context
  if (!ingest) return jobsOf(context)
  const { collectors, product } = catalogue
  const fetch = createSafeFetch({ allowPrivateTargets: settings.allowPrivateTargets })
  const deps = { collectors, timezone: product.timezone, state: stores.get('state'), accept: ingest.accept, fetch, now, metrics }
  return [...jobsOf(context), ...createCollectJobs(deps)]
}

/** The names and due times of all scheduled jobs, for any process. */
export function schedules(context: Context): readonly Pick<ScheduledJob, 'name' | 'nextDue'>[] {
  const { collectors, product } = context.catalogue
  return [...jobsOf(context), ...collectSchedules(collectors, product.timezone)]
}

function jobsOf(context: Context): readonly ScheduledJob[] {
  const { catalogue, stores, now } = context
  const [state, warehouse, log] = [stores.get('state'), stores.get('warehouse'), stores.get('log')]
  const isSettled = async () => context.filled() && isStoredUpTo(log, now() - IN_TRANSIT_MS)
  return [
    ...context.reports().jobs,
    ...createDigestJobs({ catalogue, timezone: catalogue.product.timezone, history: createHistoryReader(warehouse.query), state }),
    createPublicationJob(context.publication(), isSettled, now),
    createPruneJob(state, now),
    createEventRetentionJob({ plan: catalogue.plan, warehouse, now }),
  ]
}

/** Returns a function that reads from the collectors' state why a metric's value at a time is unknown, and since when. */
export function unknownReader({ catalogue, stores, now }: Pick<Context, 'catalogue' | 'stores' | 'now'>) {
  const { collectors, product } = catalogue
  const collected = collectedEvents(collectors)
  return async (metric: Metric, at: number) => {
    const events = eventsRead(metric).filter(event => collected.has(event))
    if (events.length === 0) return null
    return unknownAt(events, at, await readFreshness(stores.get('state'), collectors, product.timezone, now()))
  }
}

export function openPublication({ catalogue, stores, now, logger }: Context): Publication {
  const query: Query = (sql, params) => stores.get('warehouse').query(sql, { params })
  const config = { ...PUBLICATION_DEFAULTS, ...catalogue.dashboard.public }
  const unknown = unknownReader({ catalogue, stores, now })
  return createPublication({ catalogue, query, state: stores.get('state'), unknown, now, logger }, config)
}

export function openReports({ settings, configs, catalogue, stores, now, logger }: Context): ReportSender {
  const [state, warehouse] = [stores.get('state'), stores.get('warehouse')]
  const { calendar, read } = createMetricReader({ catalogue, query: (sql, params) => warehouse.query(sql, { params }), now })
  const http = createHttpSend({ allowPrivateTargets: settings.allowPrivateTargets })
  let channels: ReturnType<typeof openChannels> | undefined
  return createReports({
    definitions: catalogue.reports,
    metrics: catalogue.metrics,
    titles: titlesOf(catalogue.plan),
    calendar,
    read,
    unknown: unknownReader({ catalogue, stores, now }),
    alerts: at => readFiringAt(at, state, catalogue, createHistoryReader(warehouse.query)),
    state,
    fileNotes: createNotesReader(settings.productFolder, logger),
    async channels() {
      if (!catalogue.notifying) return new Map()
      channels ??= openChannels({ notifying: catalogue.notifying, config: configs.alerts, state, http, now, logger })
      return channels
    },
    holder: configs.alerts.holder,
    now,
    logger,
  })
}
