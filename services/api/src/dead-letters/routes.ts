import { api } from '@northstar/http-api'
import { type FastifyPluginAsync, handle } from '@northstar/runtime'
import { createDeadLetters, type DeadLettersDeps } from './dead-letters.ts'

/** Checking and replaying dead letters. */
export function deadLetterRoutes(deps: DeadLettersDeps): FastifyPluginAsync {
  const deadLetters = createDeadLetters(deps)
  return async fastify => {
    handle(fastify, api.operations.tryDeadLetters, () => deadLetters.try())
    handle(fastify, api.operations.replayDeadLetters, () => deadLetters.replay())
  }
}
