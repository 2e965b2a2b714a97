import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How often the proxy does each: refuse, cut the connection before the answer, send the request twice. */
export interface Faults {
  readonly refused: number
  readonly cut: number
  readonly repeated: number
}

export interface FaultyProxy {
  readonly url: string
  readonly faults: Faults
  stop(): Promise<void>
}

/** Faults come in this order, so that a run meets all of them and every request gets through within a few attempts. */
const SEQUENCE = ['pass', 'refuse', 'repeat', 'pass', 'cut', 'pass'] as const

/** A proxy before a server that fails every second request in one of three ways. @param refusal the status of a refused request */
export async function startFaultyProxy(target: string, refusal: number): Promise<FaultyProxy> {
  const faults = { refused: 0, cut: 0, repeated: 0 }
  let turn = 0
  const server: Server = createServer(async (incoming, outgoing) => {
    const body = await read(incoming)
    const fault = SEQUENCE[turn++ % SEQUENCE.length]
    if (fault === 'refuse') {
      faults.refused++
      outgoing.writeHead(refusal, { 'content-type': 'text/plain' }).end('a fault of the proxy')
      return
    }
    const send = () => forward(target, incoming, body)
    if (fault === 'repeat') {
      faults.repeated++
      await send()
    }
    const answer = await send()
    if (fault === 'cut') {
      faults.cut++
      outgoing.destroy()
      return
    }
    outgoing.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    stop: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function forward(target: string, { method, url, headers }: IncomingMessage, body: Buffer) {
  return new Promise<{ readonly status: number; readonly type: string; readonly body: Buffer }>((resolve, reject) => {
    const { host: _, ...rest } = headers
    const sent = request(target + url, { method, headers: rest }, async response => {
      resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? 'text/plain', body: await read(response) })
    })
    sent.on('error', reject).end(body)
  })
}
