import { DAY_MS, MINUTE_MS, parseInstant } from '@northstar/catalogue'
import { api } from '@northstar/http-api'
import { badValue, type FastifyPluginAsync, handle } from '@northstar/runtime'
import { lagOf } from './lag.ts'
import { withProblems } from './metric-problem.ts'
import { type VerifyDeps, verify } from './verify.ts'

export interface OperationsDeps extends VerifyDeps {
  readonly timezone: string
}

/** Verification, lag, incidents, rebuild of the counters. */
export function operationsRoutes(deps: OperationsDeps): FastifyPluginAsync {
  return async fastify => {
    handle(fastify, api.operations.verify, async ({ query: { from, to } }) => {
      const end = to ? instant(to, 'to', deps) : deps.now() + MINUTE_MS
      const begin = from ? instant(from, 'from', deps) : end - DAY_MS
      if (begin >= end) throw badValue('from', '`from` must be before `to`.', { code: 'bad_range' })
      // The ledger has one row a minute.
      return withProblems(() => verify(Math.floor(begin / MINUTE_MS) * MINUTE_MS, Math.ceil(end / MINUTE_MS) * MINUTE_MS, deps))
    })

    handle(fastify, api.operations.lag, async () => ({ groups: await lagOf(deps.log, deps.counters) }))

    handle(fastify, api.operations.incidents, async () => ({ incidents: await deps.incidents.list() }))

    handle(fastify, api.operations.acknowledgeIncidents, async () => ({ acknowledged: await deps.incidents.acknowledge() }))

    handle(fastify, api.operations.rebuild, async () => {
      await deps.counters.reset()
      return { status: 'counting again' }
    })
  }
}

function instant(text: string, name: string, { timezone }: OperationsDeps): number {
  const time = parseInstant(text, timezone)
  if (time === null) {
    throw badValue(name, `\`${name}\`: expected a date such as 2026-01-15, or an RFC 3339 time.`)
  }
  return time
}
