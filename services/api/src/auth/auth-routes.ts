import type { FastifyPluginAsync } from '@northstar/runtime'
import { subjectText } from '@northstar/runtime'
import { adminRoutes } from './admin-routes.ts'
import type { AuthConfig, AuthDeps, AuthParts } from './auth-parts.ts'
import { keyRoutes } from './key-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { createSessions } from './sessions.ts'
import { signInRoutes } from './sign-in-routes.ts'

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
