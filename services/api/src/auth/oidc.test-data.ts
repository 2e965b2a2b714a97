import { createAccess, createHttpServer, createLogger, type HttpServer, type OidcSettings } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { tempFolder } from '@northstar/testkit'
import { createAudit } from './audit.ts'
import { authRoutes } from './auth-routes.ts'

export interface OidcServer {
  readonly server: HttpServer
  readonly state: StateStore
  stop(): Promise<void>
}

/** Starts a server whose users sign in at an issuer. */
export async function startOidcServer(oidc: OidcSettings, port: number): Promise<OidcServer> {
  const folder = await tempFolder('oidc')
  const state = openEmbeddedState({ path: folder.path })
  const [logger, now] = [createLogger('silent', 'test'), Date.now]
  const control = createAccess({ adminToken: 'nsa_admin', documents: state, oidc })
  const routes = [authRoutes({ oidc }, { state, control, audit: createAudit({ state, now, logger }), now, logger })]
  const server = createHttpServer({ host: '127.0.0.1', port, logger, access: control, routes, health: async () => ({}) })
  await server.start()
  return {
    server,
    state,
    async stop() {
      await server.stop()
      await state.close()
      await folder.remove()
    },
  }
}
