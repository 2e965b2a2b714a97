import { createHttpServer, createLogger, type FastifyPluginAsync, type HttpServer } from '@northstar/runtime'
import { everyoneIsAdmin } from '@northstar/testkit'

/** Starts a server with these routes. All its callers are admins. */
export async function startServer(...routes: readonly FastifyPluginAsync[]): Promise<HttpServer> {
  const logger = createLogger('silent', 'test')
  const server = createHttpServer({ host: '127.0.0.1', port: 0, logger, access: everyoneIsAdmin, routes, health: async () => ({}) })
  await server.start()
  return server
}
