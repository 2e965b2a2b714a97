import type { AccessControl, FastifyPluginAsync, Logger, OidcSettings } from '@northstar/runtime'
import { subjectText } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { adminRoutes } from './admin-routes.ts'
import type { Audit } from './audit.ts'
import { keyRoutes } from './key-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { signInRoutes } from './sign-in-routes.ts'

export interface AuthConfig {
  /** The address of this server for browsers: `https://northstar.example.org`. */
  readonly publicUrl?: string
  readonly oidc?: OidcSettings
}

export interface AuthDeps {
  readonly state: StateStore
  readonly control: AccessControl
  readonly audit: Audit
  readonly now: () => number
  readonly logger: Logger
}

export interface AuthParts extends AuthDeps {
  readonly config: AuthConfig
  readonly sessions: Sessions
}

/** Sessions, users and keys, and an audit entry for every change by an identified caller on any route of this server. */
export function authRoutes(config: AuthConfig, deps: AuthDeps): FastifyPluginAsync {
  const parts: AuthParts = { ...deps, config, sessions: createSessions(deps) }
  const routes: FastifyPluginAsync = async fastify => {
    fastify.addHook('onResponse', async (request, reply) => {
      const { caller } = request
      if (!caller || request.method === 'GET' || request.method === 'HEAD') return
      void deps.audit.record({
        who: caller.name,
        subject: subjectText(caller.subject),
        role: caller.role,
        via: caller.via,
        what: `${request.method} ${request.routeOptions.url ?? ''}`,
        to: request.auditObject ?? (request.params as Record<string, string>),
        status: reply.statusCode,
        from: request.ip,
      })
    })
    signInRoutes(fastify, parts)
    sessionRoutes(fastify, parts)
    adminRoutes(fastify, parts)
    keyRoutes(fastify, parts)
  }
  // Registers the hook on the whole server rather than on these routes only.
  return Object.assign(routes, { [Symbol.for('skip-override')]: true })
}
