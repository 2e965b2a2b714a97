import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { eventually } from './eventually.ts'
import { listenOnLoopback } from './free-port.ts'

/** A received request. */
export interface ReceivedRequest {
  readonly method: string
  /** Path with query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** Time at which the body was complete, epoch milliseconds. */
  readonly at: number
  /** The body parsed as JSON. @throws SyntaxError */
  json(): unknown
}

/** An answer: a status, a complete response, no response (`hang`), or a closed connection (`reset`). */
export type Answer =
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'hang'
  | 'reset'

export interface Receiver {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string
  /** All requests so far, in order of arrival. */
  readonly requests: readonly ReceivedRequest[]
  /** Sets the answers to the next requests, one for each. Later requests get the answer of `otherwise`. */
  script(...answers: readonly Answer[]): void
  /** Sets the answer to all other requests. Initially 200. */
  otherwise(answer: Answer | ((request: ReceivedRequest) => Answer | Promise<Answer>)): void
  /** Resolves once at least `count` requests have arrived. */
  received(count: number, timeoutMs?: number): Promise<readonly ReceivedRequest[]>
  /** Deletes the recorded requests and the scripted answers. */
  clear(): void
  /** Closes all connections and the port. May be called again. */
  stop(): Promise<void>
}

/** An HTTP server on loopback that records its requests and answers as configured. */
export async function startReceiver(): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  const scripted: Answer[] = []
  let fallback: (request: ReceivedRequest) => Answer | Promise<Answer> = () => 200

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await record(request)
    requests.push(received)
    reply(scripted.shift() ?? (await fallback(received)), response)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  const port = await listenOnLoopback(server)

  return {
    url: `http://127.0.0.1:${port}`,
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

function reply(answer: Answer, response: ServerResponse): void {
  if (answer === 'hang') return
  if (answer === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const { status, headers = {}, body = '' } = typeof answer === 'number' ? { status: answer } : answer
  response.writeHead(status, headers).end(body)
}
