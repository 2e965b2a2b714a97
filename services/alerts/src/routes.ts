import type { Warehouse } from '@northstar/clickhouse'
import type { MetricReader } from '@northstar/metrics'
import { createHttpSend } from '@northstar/notifications'
import type { FastifyPluginAsync, Logger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { createOneAlertRoutes } from './alert-api.ts'
import { createAlertViews } from './alert-views.ts'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { createAlertRoutes } from './alerts-api.ts'
import { createBacktestRoutes } from './backtest-api.ts'
import { type ChannelsConfig, openChannels } from './channels.ts'
import { NO_NOTIFYING } from './documents.ts'
import { createHistoryReader } from './history.ts'
import { createReceiverRoutes } from './receivers-api.ts'
import { createRuleRoutes } from './rules-api.ts'
import { createSilenceRoutes } from './silences-api.ts'

export interface AlertsRoutesDeps {
  readonly catalogue: AlertingCatalogue
  readonly state: StateStore
  readonly warehouse: Pick<Warehouse, 'query'>
  readonly reader: MetricReader
  /** Called when a silence or an acknowledgement was stored. */
  readonly onChanged?: () => void
  readonly now: () => number
  readonly logger: Logger
}

/** Routes of alerts, silences, rules and backtests. They answer from the stores, so any process can serve them. */
export function createAlertsRoutes(config: ChannelsConfig, deps: AlertsRoutesDeps): FastifyPluginAsync {
  const { catalogue, state, warehouse, reader, now, logger } = deps
  const notifying = catalogue.notifying ?? NO_NOTIFYING

  return async fastify => {
    const http = createHttpSend({ allowPrivateTargets: config.allowPrivateTargets })
    const channels = await openChannels({ notifying, config, state, http, now, logger })
    fastify.addHook('onClose', async () => http.close())
    const onChanged = deps.onChanged ?? (() => {})
    const { allowPrivateTargets } = config
    const labels = { product: catalogue.product.name }
    const history = createHistoryReader(warehouse.query)
    const views = createAlertViews({ catalogue, notifying, state, history, now })
    await fastify.register(createAlertRoutes({ catalogue, views, state, history, now, onChanged }))
    await fastify.register(createOneAlertRoutes({ catalogue, views, reader, state, now }))
    await fastify.register(createReceiverRoutes({ notifying, channels, allowPrivateTargets, labels, now }))
    await fastify.register(createSilenceRoutes({ catalogue, state, views, now, onChanged }))
    await fastify.register(createRuleRoutes({ catalogue, notifying, state }))
    await fastify.register(createBacktestRoutes({ catalogue, warehouse, now, logger }))
  }
}
