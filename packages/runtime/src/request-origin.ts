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

/** The network that limits by address count for: an IPv4 address, or the /64 of an IPv6 address, all of which one sender can use. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const [first, last] = [groups(head), groups(tail ?? '')]
  const all = [...first, ...Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0'), ...last]
  return `${all.slice(0, 4).join(':')}::/64`
}
