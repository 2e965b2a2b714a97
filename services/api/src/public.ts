import { createHash } from 'node:crypto'
import { api } from '@northstar/http-api'
import { type FastifyPluginAsync, handle } from '@northstar/runtime'
import type { Publication } from './publication.ts'

/**
 * The public figures, which any site may embed. They have no filters, so that no two views can be subtracted.
 * @param cacheMs how long an answer is reused
 */
export function publicRoutes(publication: Pick<Publication, 'read'>, now: () => number, cacheMs = 60_000): FastifyPluginAsync {
  let answer: Promise<{ readonly text: string; readonly etag: string }> | undefined
  let readAt = 0

  async function build() {
    const text = JSON.stringify(await publication.read())
    return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` }
  }

  return async fastify => {
    handle(fastify, api.publicFigures.read, async ({ raw: request }, reply) => {
      reply.header('access-control-allow-origin', '*').header('cache-control', 'public, max-age=300')
      if (answer === undefined || Math.abs(now() - readAt) >= cacheMs) {
        readAt = now()
        answer = build()
        answer.catch(() => {
          answer = undefined
        })
      }
      const { text, etag } = await answer
      reply.header('etag', etag)
      if (request.headers['if-none-match'] === etag) reply.code(304).send()
      else reply.type('application/json').send(text)
    })
  }
}
