import type { FastifyRequest } from 'fastify'

/** Decides by the public address, or else by the request's own host, whether a request came from this server's pages. */
export function createOrigin(publicUrl: string | undefined) {
  const publicOrigin = publicUrl ? new URL(publicUrl).origin : null
  return {
    /** Whether browsers reach the server by https, so that cookies must never travel otherwise. */
    isSecure: (request: FastifyRequest): boolean => (publicOrigin ? publicOrigin.startsWith('https:') : request.protocol === 'https'),

    /** Whether a page of this server sent the request, as far as the browser reports. */
    isOwn(request: FastifyRequest): boolean {
      const { origin } = request.headers
      if (origin === undefined) return request.headers['sec-fetch-site'] === 'same-origin'
      return origin === publicOrigin || (URL.canParse(origin) && new URL(origin).host === request.host)
    },
  }
}
