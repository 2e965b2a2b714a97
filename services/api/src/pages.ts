import { existsSync } from 'node:fs'
import fastifyStatic from '@fastify/static'
import { derived, exampleEvent } from '@northstar/catalogue'
import { api, PAGE_ADDRESSES } from '@northstar/http-api'
import { type FastifyPluginAsync, type FastifyReply, type FastifyRequest, HttpProblem, handle } from '@northstar/runtime'
import type { DashboardCatalogue } from './dashboard-file.ts'

export interface PagesDeps {
  readonly catalogue: DashboardCatalogue
  /** A write key that is shown to admins for sending a first event. */
  readonly writeKey?: string
  /** The folder of the built page. */
  readonly pageFolder: string
}

/** The paths of the page's addresses; two addresses may differ by their query alone. */
const PATHS = new Set(PAGE_ADDRESSES.map(address => address.split('?')[0] ?? address))

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
]

const policy = (frames: string) => [...POLICY, `frame-ancestors ${frames}`].join('; ')

const HEADERS = {
  'x-content-type-options': 'nosniff',
  // A path may contain the token of a sign-in link.
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** The page's document and assets, and `GET /v1/dashboard`, the panels of its overview. */
export function pageRoutes({ catalogue, writeKey, pageFolder }: PagesDeps): FastifyPluginAsync {
  const { product, dashboard } = catalogue
  const panels = { title: dashboard.title ?? product.title, panels: dashboard.panels }
  const example = derived(catalogue.plan, exampleEvent)

  return async fastify => {
    handle(fastify, api.page.dashboard, ({ caller }) => ({
      ...panels,
      example: example(),
      ...(caller.role === 'admin' && writeKey && { writeKey }),
    }))

    if (!existsSync(`${pageFolder}/index.html`)) {
      fastify.get('/', () => {
        throw new HttpProblem({ status: 503, detail: 'The page has not been built: npm run build.' })
      })
      return
    }

    await fastify.register(fastifyStatic, {
      root: pageFolder,
      index: false,
      preCompressed: true,
      cacheControl: false,
      wildcard: false,
      setHeaders(reply, path) {
        // An asset's name contains the hash of its content.
        reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
        for (const [name, value] of Object.entries(HEADERS)) reply.header(name, value)
        // Browsers get the compressed file.
        if (/\.html(\.\w+)?$/.test(path) && !reply.getHeader('content-security-policy'))
          reply.header('content-security-policy', policy("'none'"))
      },
    })
    const page = (frames: string) => (_: FastifyRequest, reply: FastifyReply) =>
      reply.header('content-security-policy', policy(frames)).sendFile('index.html')
    // Every path has the same document; the browser's router chooses the page. Other sites may embed the public page.
    for (const path of PATHS) fastify.get(path, page(path === '/public' ? '*' : "'none'"))
    // For an unknown path, browsers get the page, which shows that it was not found; other clients get a problem document.
    fastify.get('/*', (request, reply) =>
      request.headers.accept?.includes('text/html') && !request.url.startsWith('/v1/')
        ? page("'none'")(request, reply.code(404))
        : reply.callNotFound(),
    )
  }
}
