import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { eventually } from './eventually.ts'

/** A request as it arrived. */
export interface ReceivedRequest {
  readonly method: string
  /** Path with query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** When the body was complete, epoch milliseconds. */
  readonly at: number
  /** The body parsed as JSON. @throws SyntaxError */
  json(): unknown
}

/** What to answer: a status, a whole answer, nothing at all (`hang`), or a closed connection (`reset`). */
export type Answer =
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang'
  | 'reset'

export interface Receiver {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string
  /** Every request so far, in order of arrival. */
  readonly requests: readonly ReceivedRequest[]
  /** Answers for the next requests, one each, in order; afterwards `otherwise` again. */
  script(...answers: readonly Answer[]): void
  /** The answer to every request that no script covers. At first 200. */
  otherwise(answer: Answer | ((request: ReceivedRequest) => Answer | Promise<Answer>)): void
  /** Resolves once at least `count` requests have arrived. */
  received(count: number, timeoutMs?: number): Promise<readonly ReceivedRequest[]>
  /** Forgets requests and scripts. */
  clear(): void
  /** Closes every connection and the port. Twice is harmless. */
  stop(): Promise<void>
}

/** An HTTP server on loopback that records what it receives and answers as configured. */
export async function startReceiver(): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  const scripted: Answer[] = []
  let fallback: (request: ReceivedRequest) => Answer | Promise<Answer> = () => 200

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await record(request)
    requests.push(received)
    give(scripted.shift() ?? (await fallback(received)), response)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the receiver has no port')

  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    script: (...answers) => void scripted.push(...answers),
    otherwise(answer) {
      fallback = typeof answer === 'function' ? answer : () => answer
    },
    received: (count, timeoutMs = 30_000) =>
      eventually(() => (requests.length >= count ? requests : undefined), { timeoutMs, what: `${count} requests at the receiver` }).then(
        () => requests,
      ),
    clear() {
      requests.length = 0
      scripted.length = 0
    },
    async stop() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function record(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body,
    at: Date.now(),
    json: () => JSON.parse(body.toString('utf8')),
  }
}

function give(answer: Answer, response: ServerResponse): void {
  if (answer === 'hang') return
  if (answer === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const { status, headers = {}, body = '' } = typeof answer === 'number' ? { status: answer } : answer
  response.writeHead(status, headers).end(body)
}
