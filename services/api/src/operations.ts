import { parseInstant } from '@northstar/catalogue'
import { type FastifyPluginAsync, type FastifyRequest, HttpProblem } from '@northstar/runtime'
import { z } from 'zod'
import { lagOf } from './lag.ts'
import { type VerifyDeps, verify } from './verify.ts'

export interface OperationsDeps extends VerifyDeps {
  readonly timezone: string
  /** Rejects unless the request may do everything. */
  readonly authorize: (request: FastifyRequest) => Promise<void>
  /** Rejects unless the request may read: for what costs little and tells nothing of anybody. */
  readonly authorizeRead: (request: FastifyRequest) => Promise<void>
}

const spanSchema = z.object({ from: z.string().optional(), to: z.string().optional() })

const MINUTE_MS = 60_000
const DAY_MS = 24 * 3_600_000

/** What whoever runs an installation asks of it: does everything add up, how far behind is it, count again. */
export function operationsRoutes(deps: OperationsDeps): FastifyPluginAsync {
  return async fastify => {
    const onRequest = deps.authorize

    fastify.get('/v1/verify', { onRequest }, async request => {
      const { from, to } = spanSchema.parse(request.query)
      const end = to ? instant(to, 'to', deps) : deps.now() + MINUTE_MS
      const begin = from ? instant(from, 'from', deps) : end - DAY_MS
      if (begin >= end) throw new HttpProblem({ status: 400, detail: 'from must lie before to.' })
      // The ledger is kept by the minute.
      return verify(Math.floor(begin / MINUTE_MS) * MINUTE_MS, Math.ceil(end / MINUTE_MS) * MINUTE_MS, deps)
    })

    fastify.get('/v1/lag', { onRequest: deps.authorizeRead }, async () => ({ groups: await lagOf(deps.log, deps.counters) }))

    fastify.get('/v1/incidents', { onRequest: deps.authorizeRead }, async () => ({ incidents: await deps.incidents.list() }))

    fastify.post('/v1/incidents/acknowledge', { onRequest }, async () => ({ acknowledged: await deps.incidents.acknowledge() }))

    fastify.post('/v1/rebuild', { onRequest }, async (_, reply) => {
      await deps.counters.reset()
      return reply.code(202).send({ status: 'counting again' })
    })
  }
}

function instant(text: string, name: string, { timezone }: OperationsDeps): number {
  const time = parseInstant(text, timezone)
  if (time === null) throw new HttpProblem({ status: 400, detail: `${name}: expected a date such as 2026-01-15, or an RFC 3339 time.` })
  return time
}
