import { PassThrough } from 'node:stream'
import { api, type ForgetLine } from '@northstar/http-api'
import { type FastifyPluginAsync, HttpProblem, handle, type Logger } from '@northstar/runtime'
import { createForget, type ForgetDeps, ForgetRefused } from './forget.ts'

/**
 * `POST /v1/forget {user_ids}`: answers JSON; to `Accept: application/x-ndjson` a line `{"step"}` for each step and last `{"result"}` or
 * `{"error"}`, since it takes as long as the log and the warehouse are large.
 */
export function forgetRoutes(deps: ForgetDeps & { readonly logger: Logger }): FastifyPluginAsync {
  const { logger } = deps
  const { forget, resume } = createForget(deps)

  return async fastify => {
    fastify.addHook('onReady', async () => {
      void resume().catch((error: unknown) =>
        logger.warn({ err: error }, 'users are not forgotten yet: it goes on with the next "northstar forget"'),
      )
    })

    handle(fastify, api.operations.forget, async ({ body, raw }, reply) => {
      if (!raw.headers.accept?.includes('application/x-ndjson')) {
        return forget(body.user_ids, () => {}).catch((error: unknown) => {
          if (error instanceof ForgetRefused) throw new HttpProblem({ status: 503, code: error.code, detail: error.message })
          throw error
        })
      }
      const lines = new PassThrough()
      const write = (line: ForgetLine) => !lines.destroyed && lines.write(`${JSON.stringify(line)}\n`)
      void forget(body.user_ids, step => write({ step }))
        .then(
          result => write({ result }),
          (error: unknown) => {
            logger.error({ err: error }, 'users could not be forgotten')
            write({ error: error instanceof Error ? error.message : 'the users could not be forgotten' })
          },
        )
        .finally(() => lines.end())
      reply.type('application/x-ndjson').send(lines)
      return
    })
  }
}
