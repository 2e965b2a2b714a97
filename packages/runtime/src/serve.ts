import type { FastifyPluginAsync } from 'fastify'
import type { AccessControl } from './access.ts'
import { createHttpServer, healthOf } from './http.ts'
import { type App, type Component, type Health, startApp } from './lifecycle.ts'
import type { Logger } from './logging.ts'
import { createMetricsServer, type Metrics } from './metrics.ts'
import { runUntilEnd } from './process.ts'
import type { Settings } from './settings.ts'

/** An opened adapter as a component: reports its health, and closes after the components that use it. */
export function resource(name: string, port: { health(): Health | Promise<Health>; close(): Promise<void> }): Component {
  return { name, start: async () => {}, stop: () => port.close(), health: () => port.health() }
}

export interface ProcessOptions {
  readonly settings: Settings
  readonly logger: Logger
  readonly metrics: Metrics
  /** In starting order: dependencies first. */
  readonly components: readonly Component[]
  readonly routes?: readonly FastifyPluginAsync[]
  /** Needed by routes with access control. */
  readonly access?: AccessControl
  /** Called at SIGHUP, which does not end the process. */
  readonly onHangup?: () => void
  /** Called with the server's address once everything runs. */
  readonly onReady?: (url: string) => void | Promise<void>
}

/** Runs the components with the HTTP and metrics servers until a signal or a failure. Returns the exit code. */
export async function serveProcess(options: ProcessOptions): Promise<number> {
  const { settings, logger, metrics } = options
  let app: App | undefined
  const http = createHttpServer({
    host: settings.host,
    port: settings.port,
    logger,
    routes: options.routes ?? [],
    access: options.access,
    trustedProxies: settings.trustedProxies,
    health: healthOf(() => app),
  })
  // The HTTP server starts last and stops first, so that no request reaches a component that does not run.
  app = await startApp([...options.components, createMetricsServer(metrics, settings.host, settings.metricsPort), http], logger)
  logger.info({ url: http.url() }, 'ready')
  if (options.onHangup) process.on('SIGHUP', options.onHangup)
  await options.onReady?.(http.url())
  return runUntilEnd(app, logger)
}
