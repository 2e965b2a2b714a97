import type { FastifyRequest } from 'fastify'

/** Recognises requests of this server's own pages, by the public address or else by the request's host. */
export function createOrigin(publicUrl: string | undefined) {
  const publicOrigin = publicUrl ? new URL(publicUrl).origin : null
  return {
    /** Whether browsers reach the server by https, so that cookies must be marked secure. */
    isSecure: (request: FastifyRequest): boolean => (publicOrigin ? publicOrigin.startsWith('https:') : request.protocol === 'https'),

    /** Whether a page of this server sent the request, according to the browser's headers. */
    isOwn(request: FastifyRequest): boolean {
      const { origin } = request.headers
      if (origin === undefined) return request.headers['sec-fetch-site'] === 'same-origin'
      return origin === publicOrigin || (URL.canParse(origin) && new URL(origin).host === request.host)
    },
  }
}
