import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { api } from '@northstar/http-api'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { handle } from './handle.ts'
import { createHttpServer, type HttpServer } from './http.ts'
import { createLogger } from './logging.ts'

let server: HttpServer
let port = 0
/** The signals of the requests that were received. */
const disconnected: AbortSignal[] = []
beforeAll(async () => {
  const logger = createLogger('silent', 'test')
  const routes = async (fastify: HttpServer['fastify']) => {
    // As an event that is appended to the log: the answer comes after the sender has closed its side.
    fastify.post('/echo', async request => {
      await sleep(20)
      return request.body
    })
    fastify.get('/one/:name', () => ({}))
    handle(fastify, api.silences.create, () => Promise.reject(new Error('no test sends a whole silence')))
    handle(fastify, api.operations.deadLetters, () => Promise.reject(new Error('no test sends a whole query')))
    handle(fastify, api.operations.description, request => {
      disconnected.push(request.disconnected)
      return new Promise<never>(() => {})
    })
    fastify.get('/away', () => Promise.reject(Object.assign(new Error('ECONNREFUSED'), { retryable: true })))
  }
  server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    logger,
    routes: [routes],
    access: { enforce: async () => {} },
    health: async () => ({}),
  })
  await server.start()
  port = Number(new URL(server.url()).port)
})
afterAll(() => server.stop())

/** The answer to raw bytes. @param half whether the sender then closes its side */
function answerTo(bytes: string, half: boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => (half ? socket.end(bytes) : socket.write(bytes)))
    socket.setTimeout(5_000, () => socket.destroy(new Error(`no end of the answer within 5 s: ${text}`)))
    socket.on('data', data => (text += data)).on('error', reject)
    socket.on('end', () => {
      socket.end()
      resolve(text)
    })
  })
}

const HOST = 'Host: localhost\r\n'
const posted = (path: string, body: string, headers = '') =>
  `POST ${path} HTTP/1.1\r\n${HOST}Connection: close\r\nContent-Type: application/json\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`
const chunked = (body: string) =>
  `POST /echo HTTP/1.1\r\n${HOST}Connection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${body}`
it.each<[string, string, boolean, number]>([
  ['no HTTP', 'hello\r\n\r\n', false, 400],
  ['a header that is none', `GET / HTTP/1.1\r\n${HOST}bad header\r\n\r\n`, false, 400],
  ['two lengths', `POST /echo HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`, false, 400],
  ['headers of 100 kB', `GET / HTTP/1.1\r\n${HOST}x: ${'y'.repeat(100_000)}\r\n\r\n`, false, 431],
  ['a URL that cannot be decoded', `GET /one/%zz HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, false, 400],
  ['a parameter of 1,000 characters', `GET /one/${'a'.repeat(1_000)} HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, false, 414],
  [
    'a body that ends early, its sender half closed',
    `POST /echo HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 20\r\n\r\n{"a":`,
    true,
    400,
  ],
  [
    'a body that is no JSON',
    `POST /echo HTTP/1.1\r\n${HOST}Connection: close\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\nx`,
    false,
    400,
  ],
  ['a body with a forbidden member', posted('/echo', '{"__proto__":{}}'), false, 400],
  ['a packed body where none is accepted', posted('/v1/silences', '{}', 'Content-Encoding: gzip\r\n'), false, 415],
  ['HTTP/1.1 without a host', 'GET /one/a HTTP/1.1\r\nConnection: close\r\n\r\n', false, 400],
  ['an expectation that nobody can meet', posted('/echo', '{}', 'Expect: 200-ok\r\n'), false, 417],
  ['an empty expectation', posted('/echo', '{}', 'Expect:\r\n'), false, 417],
  ['a request for a tunnel', `CONNECT localhost:80 HTTP/1.1\r\n${HOST}\r\n`, false, 405],
  ['a method that is none', `FOO / HTTP/1.1\r\n${HOST}\r\n`, false, 400],
  ['a method of no route', `TRACE /one/a HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, false, 404],
  ['the server as a whole', `OPTIONS * HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, false, 404],
  ['a chunk of no size', chunked('zz\r\n{}\r\n0\r\n\r\n'), false, 400],
  ['a chunk of a size beyond 64 bits', chunked('ffffffffffffffffff\r\n{}\r\n0\r\n\r\n'), false, 400],
  ['trailers of 20 kB', chunked(`2\r\n{}\r\n0\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`), false, 431],
  ['a query that is not UTF-8', `GET /v1/dead-letters?before=%ff HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`, false, 400],
])('%s is answered as a problem', async (_, bytes, half, status) => {
  const answer = await answerTo(bytes, half)
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  expect(head.split('\r\n')[0], answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  expect(head).toMatch(/content-type: application\/problem\+json/i)
  expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', status })
  expect(JSON.parse(body).detail).toBeTruthy()
  expect(JSON.parse(body).code).toMatch(/^[a-z_]+$/)
})

it('a whole request whose sender has half closed is answered', async () => {
  const answer = await answerTo(
    `POST /echo HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 7\r\nConnection: close\r\n\r\n{"a":1}`,
    true,
  )
  expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*\{"a":1\}$/)
})

it.each<[string, string]>([
  ['HTTP/1.0 needs no host', 'GET /one/a HTTP/1.0\r\n\r\n'],
  ['an absolute URL is read as its path', `GET http://localhost/one/a?b=c HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`],
  ['trailers are ignored', chunked('2\r\n{}\r\n0\r\nx: y\r\n\r\n')],
  ['the expectation of 100-continue is met', posted('/echo', '{}', 'Expect: 100-continue\r\n')],
])('%s', async (_, bytes) => {
  expect(await answerTo(bytes, false)).toMatch(/(^|\r\n)HTTP\/1.1 200 [\s\S]*\r\n\r\n\{\}$/)
})

it('no answer may be sniffed for another type, whatever its status', async () => {
  for (const path of ['/healthz', '/nowhere', '/one/a']) {
    const answer = await fetch(server.url() + path)
    await answer.body?.cancel()
    expect([path, answer.headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
  }
})

it('a connection that has sent no request does not hold up a stop', async () => {
  const logger = createLogger('silent', 'test')
  const own = createHttpServer({ host: '127.0.0.1', port: 0, logger, routes: [], health: async () => ({}) })
  await own.start()
  const socket = connect(Number(new URL(own.url()).port), '127.0.0.1')
  await once(socket, 'connect')
  // A later request has been answered, so that the server knows of the connection.
  expect((await fetch(`${own.url()}/healthz`)).status).toBe(200)
  const closed = once(socket, 'close')
  await own.stop()
  await closed
}, 20_000)

it('answers 503 and a time to try again for an unavailable store, without the text of its error', async () => {
  const answer = await fetch(`${server.url()}/away`)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
  expect(await answer.json()).toMatchObject({ status: 503, detail: 'A store is unavailable. Try again in a few seconds.' })
})

it('a handler learns that its client has closed the connection', async () => {
  const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`GET /openapi.json HTTP/1.1\r\n${HOST}\r\n`))
  await expect.poll(() => disconnected.length).toBe(1)
  expect(disconnected[0]?.aborted).toBe(false)
  socket.destroy()
  await expect.poll(() => disconnected[0]?.aborted).toBe(true)
})
