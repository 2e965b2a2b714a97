import type { Warehouse } from '@northstar/clickhouse'
import { createHttpSend } from '@northstar/notifications'
import type { FastifyPluginAsync, Logger } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import type { AlertsConfig } from './alerts.ts'
import { createAlertRoutes } from './alerts-api.ts'
import { createBacktestRoutes } from './backtest-api.ts'
import { openChannels } from './channels.ts'
import { NO_NOTIFYING } from './documents.ts'
import { createHistoryReader } from './history.ts'
import { createReceiverRoutes } from './receivers-api.ts'
import { createRuleRoutes } from './rules-api.ts'
import { createSilenceRoutes } from './silences-api.ts'

export interface AlertsRoutesDeps {
  readonly catalogue: AlertingCatalogue
  readonly state: StateStore
  readonly warehouse: Pick<Warehouse, 'query'>
  /** A silence or an acknowledgement was stored: an evaluating process may read them at once. */
  readonly onChanged?: () => void
  readonly now: () => number
  readonly logger: Logger
}

/** Alerts, silences, rules and backtests over HTTP. All of it is answered from the stores, so any process can serve it. */
export function createAlertsRoutes(config: AlertsConfig, deps: AlertsRoutesDeps): FastifyPluginAsync {
  const { catalogue, state, warehouse, now, logger } = deps
  const notifying = catalogue.notifying ?? NO_NOTIFYING

  return async fastify => {
    const http = createHttpSend({ allowPrivateTargets: config.allowPrivateTargets })
    const channels = await openChannels({ notifying, config, state, http, now, logger })
    fastify.addHook('onClose', async () => http.close())
    const onChanged = deps.onChanged ?? (() => {})
    const { allowPrivateTargets } = config
    const labels = { product: catalogue.product.name }
    const history = createHistoryReader(warehouse.query)
    await fastify.register(createAlertRoutes({ catalogue, notifying, state, history, now, onChanged }))
    await fastify.register(createReceiverRoutes({ notifying, channels, allowPrivateTargets, labels, now }))
    await fastify.register(createSilenceRoutes({ catalogue, state, now, onChanged }))
    await fastify.register(createRuleRoutes({ catalogue, notifying, state }))
    await fastify.register(createBacktestRoutes({ catalogue, warehouse, now, logger }))
  }
}
