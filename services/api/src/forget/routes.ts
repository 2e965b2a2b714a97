import { api, type ForgetAnswer, type ForgetLine } from '@northstar/http-api'
import { type FastifyPluginAsync, HttpProblem, handle, type Logger, sendLines, wantsLines } from '@northstar/runtime'
import { createForget, type ForgetDeps, ForgetRefused } from './forget.ts'

/** Interval of empty lines during a step. */
const KEEP_ALIVE_MS = 15_000

/**
 * `POST /v1/forget {user_ids}` answers JSON. With `Accept: application/x-ndjson` it sends a line `{"step"}` for each step, then `{"result"}`
 * or `{"error"}`, since the duration depends on the size of the log and the warehouse.
 */
export function forgetRoutes(deps: ForgetDeps & { readonly logger: Logger }): FastifyPluginAsync {
  const { logger } = deps
  const { forget, resume } = createForget(deps)

  return async fastify => {
    fastify.addHook('onReady', async () => {
      void resume().catch((error: unknown) =>
        logger.warn({ err: error }, 'forgetting users is incomplete; the next "northstar forget" continues it'),
      )
    })

    handle(fastify, api.operations.forget, async ({ body, raw }, reply) => {
      if (!wantsLines(raw)) {
        return forget(body.user_ids, () => {}).catch((error: unknown) => {
          if (error instanceof ForgetRefused) throw new HttpProblem({ status: 503, code: error.code, detail: error.message })
          throw error
        })
      }
      const lines = sendLines<ForgetLine>(reply)
      // A step may take minutes.
      const keepingAlive = setInterval(lines.keepAlive, KEEP_ALIVE_MS)
      void forget(body.user_ids, step => lines.write({ step }))
        .then(
          result => {
            lines.write({ result })
            // If the connection breaks, the erasure continues, and its outcome is only logged.
            logger.info(outcomeOf(result), 'users forgotten')
          },
          (error: unknown) => {
            logger.error({ err: error }, 'forgetting users failed')
            lines.write({ error: error instanceof Error ? error.message : 'forgetting users failed' })
          },
        )
        .finally(() => {
          clearInterval(keepingAlive)
          lines.end()
        })
      return
    })
  }
}

/** The receipts in sum, without pseudonyms. */
function outcomeOf({ receipts, log_kept_until }: ForgetAnswer) {
  const sum = (count: 'events' | 'counters' | 'dead_letters' | 'remaining') =>
    receipts.reduce((total, receipt) => total + receipt[count], 0)
  const counts = { events: sum('events'), counters: sum('counters'), dead_letters: sum('dead_letters'), remaining: sum('remaining') }
  return { users: receipts.length, ...counts, log_kept_until }
}
