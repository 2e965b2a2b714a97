import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { HttpProblem, problemDocument } from './http-problem.ts'

/** Options of Node's server whose effect is in {@link answerOutsideRoutes}: Node itself would answer without a body. */
export const NODE_OPTIONS = { requireHostHeader: false }

/** Answers requests that reach no route as problems: Node's parser refuses them, or Node would answer them by itself, without a body. */
export function answerOutsideRoutes(fastify: FastifyInstance): void {
  const server = fastify.server as Server
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    endWith(socket, 405, 'This server is no proxy: send requests for its own paths.')
  })
  server.on('checkExpectation', (_request, response) => {
    const body = problemDocument({ status: 417, detail: 'The only supported value of the header Expect is 100-continue.' })
    response.writeHead(417, { 'content-type': PROBLEM, 'content-length': Buffer.byteLength(body), connection: 'close' }).end(body)
  })
  fastify.addHook('onRequest', async ({ raw }) => {
    if (raw.httpVersion !== '1.1' || raw.headers.host !== undefined) return
    throw new HttpProblem({ status: 400, detail: 'A request of HTTP/1.1 needs the header Host.' })
  })
}

/** The path and the query of a URL that may be absolute, as proxies send them. */
export const pathOf = (url: string): string => url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/^(?![/*])/, '/')

/** Answers a request that the HTTP parser refused. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const [status, detail] = REFUSALS[error.code ?? ''] ?? [400, 'This is not a valid HTTP/1.1 request, or its body ended early.']
  endWith(socket, status, detail)
}

const REFUSALS: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are larger than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time.'],
}

const PROBLEM = 'application/problem+json'

function endWith(socket: Socket, status: number, detail: string): void {
  const body = problemDocument({ status, detail })
  const headers = [`content-type: ${PROBLEM}`, `content-length: ${Buffer.byteLength(body)}`, 'connection: close']
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers.join('\r\n')}\r\n\r\n${body}`)
}
