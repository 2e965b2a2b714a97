import type { AccessControl, FastifyPluginAsync, Logger, OidcSettings } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { adminRoutes } from './admin-routes.ts'
import { type Audit, createAudit } from './audit.ts'
import { sessionRoutes } from './session-routes.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createThrottle, type Throttle } from './throttle.ts'

export interface AuthConfig {
  /** Where people reach this server, behind a proxy: `https://northstar.example.org`. */
  readonly publicUrl?: string
  readonly oidc?: OidcSettings
}

export interface AuthDeps {
  readonly state: StateStore
  readonly control: AccessControl
  readonly now: () => number
  readonly logger: Logger
}

export interface PeopleParts extends AuthDeps {
  readonly config: AuthConfig
  readonly sessions: Sessions
  readonly audit: Audit
  readonly throttle: Throttle
}

/**
 * Who may come in: sessions, users, keys, and the audit of every change that anybody signed in makes on this server. Register it before
 * the routes that it should watch.
 */
export function authRoutes(config: AuthConfig, deps: AuthDeps): FastifyPluginAsync {
  const parts: PeopleParts = {
    ...deps,
    config,
    sessions: createSessions(deps),
    audit: createAudit(deps),
    throttle: createThrottle(deps.now),
  }
  const routes: FastifyPluginAsync = async fastify => {
    fastify.addHook('onResponse', async (request, reply) => {
      const { caller } = request
      if (!caller || request.method === 'GET' || request.method === 'HEAD') return
      await parts.audit.record({
        who: caller.name,
        role: caller.role,
        via: caller.via,
        what: `${request.method} ${request.routeOptions.url ?? ''}`,
        to: request.params as Record<string, string>,
        status: reply.statusCode,
        from: request.ip,
      })
    })
    sessionRoutes(fastify, parts)
    adminRoutes(fastify, parts)
  }
  // Its hook is for the whole server, not only for its own routes.
  return Object.assign(routes, { [Symbol.for('skip-override')]: true })
}
