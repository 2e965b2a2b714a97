import { type Channel, createHttpSend } from '@northstar/notifications'
import type { Component, Health } from '@northstar/runtime'
import { StateConflict } from '@northstar/state'
import { type ChannelsConfig, openChannels } from './channels.ts'
import { NO_NOTIFYING } from './documents.ts'
import { createEngine, type EngineConfig, type EngineDeps } from './engine.ts'
import { createLoop } from './loop.ts'

export type { AlertingCatalogue } from './alerting-catalogue.ts'
export { openChannels } from './channels.ts'
export { createDigestJobs } from './digests.ts'
export type { AlertsMetrics } from './engine.ts'
export { type FiringAlert, readFiring, readFiringAt } from './firing.ts'
export { createHistoryReader } from './history.ts'
export { createPruneJob } from './prune.ts'
export { type AlertsRoutesDeps, createAlertsRoutes } from './routes.ts'
export * from './rules.ts'

export type AlertsConfig = EngineConfig & ChannelsConfig

export const ALERTS_DEFAULTS = { leaseMs: 10_000 } as const

export interface AlertsDeps
  extends Pick<EngineDeps, 'catalogue' | 'read' | 'state' | 'warehouse' | 'liveCodes' | 'now' | 'isSteady' | 'logger' | 'metrics'> {
  /** Subscribes to counter changes. Returns a function that unsubscribes. */
  readonly onAdvance?: (listener: (codes: ReadonlySet<string> | null) => void) => () => void
}

export interface Alerts extends Component {
  /** Reads silences and acknowledgements at once instead of within a second. */
  refresh(): void
  /** Whether this replica evaluates and notifies. */
  readonly leads: boolean
}

const TICK_MS = 250
const SILENT_MS = 30_000
const DRAIN_MS = 2_000

/** Evaluates the product's rules and notifies. Replicas share the state; the holder of the lease is active. */
export function createAlerts(config: AlertsConfig, deps: AlertsDeps): Alerts {
  const { catalogue, state, now, logger } = deps
  const notifying = catalogue.notifying ?? NO_NOTIFYING
  const http = createHttpSend({ allowPrivateTargets: config.allowPrivateTargets })
  const channels = new Map<string, Channel>()
  let problem: string | null = null
  let turnedAt = 0
  let stopping: Promise<void> | undefined
  let unsubscribe: (() => void) | undefined

  function abandon(error: unknown): void {
    engine.abandon()
    if (error instanceof StateConflict) {
      problem = null
      logger.warn('no longer the leader of the alerts: another replica is, or the clock was set')
      return
    }
    problem = error instanceof Error ? error.message : 'alerts failed'
    logger.error({ err: error }, 'alerts failed; reloading the state')
  }

  const engine = createEngine(config, {
    ...deps,
    notifying,
    channels,
    random: Math.random,
    onWork: withinMs => (withinMs === 0 ? loop.wake() : loop.soon(withinMs)),
    onFailure: abandon,
  })
  const loop = createLoop({
    everyMs: TICK_MS,
    async turn() {
      turnedAt = now()
      await engine.turn().then(() => {
        problem = null
      }, abandon)
    },
  })

  async function stop(): Promise<void> {
    unsubscribe?.()
    await loop.stop()
    // Waits for the messages in flight; the others stay in the store.
    await Promise.race([engine.idle(), new Promise(resolve => setTimeout(resolve, DRAIN_MS).unref())])
    if (engine.leads) await engine.turn().catch((error: unknown) => logger.warn({ err: error }, 'the last turn of alerts failed'))
    await engine.release().catch((error: unknown) => logger.warn({ err: error }, 'cannot release the lease; it expires by itself'))
    http.close()
  }

  return {
    name: 'alerts',
    refresh() {
      engine.refresh()
      loop.wake()
    },
    get leads() {
      return engine.leads
    },
    async start() {
      for (const [name, channel] of await openChannels({ notifying, config, state, http, now, logger })) channels.set(name, channel)
      unsubscribe = deps.onAdvance?.(codes => {
        engine.advanced(codes)
        loop.wake()
      })
      loop.start()
    },
    stop() {
      stopping ??= stop()
      return stopping
    },
    health(): Health {
      if (problem !== null) return { healthy: false, reason: problem }
      const isSilent = !loop.stopped && now() - turnedAt > SILENT_MS
      if (isSilent) return { healthy: false, reason: `the loop has not run for ${SILENT_MS / 1_000} s` }
      return { healthy: true, reason: engine.leads ? 'leader' : 'standby' }
    },
  }
}
