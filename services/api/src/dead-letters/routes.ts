import { api } from '@northstar/http-api'
import { type FastifyPluginAsync, handle } from '@northstar/runtime'
import { createDeadLetters, type DeadLettersDeps } from './dead-letters.ts'

/** Trying and replaying what could not be stored. */
export function deadLetterRoutes(deps: DeadLettersDeps): FastifyPluginAsync {
  const letters = createDeadLetters(deps)
  return async fastify => {
    handle(fastify, api.operations.tryDeadLetters, () => letters.try())
    handle(fastify, api.operations.replayDeadLetters, () => letters.replay())
  }
}
