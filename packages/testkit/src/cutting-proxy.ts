import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'

/** A TCP relay on loopback that can cut the connection of a request at the two places that matter. */
export interface CuttingProxy {
  readonly port: number
  /** Of how many requests the connection was cut so far. */
  readonly cuts: number
  /**
   * Cuts the connection of the next incoming request, once.
   * `before_reply`: the target has had the whole request and has answered; the answer is thrown away.
   * `mid_request`: only the first half of what has arrived is passed on.
   */
  cutNext(where: 'before_reply' | 'mid_request'): void
  /** Takes back a {@link cutNext} that has not happened yet. */
  spare(): void
  /** Cuts every connection that is open now. */
  cutAll(): void
  stop(): Promise<void>
}

export async function startCuttingProxy(target: { readonly host: string; readonly port: number }): Promise<CuttingProxy> {
  const open = new Set<Socket>()
  let armed: 'before_reply' | 'mid_request' | undefined
  let cuts = 0

  const server = createServer(client => {
    const upstream = createConnection(target)
    let dropReply = false
    for (const socket of [client, upstream]) {
      open.add(socket)
      socket.setNoDelay(true)
      // A reset is one of the ways to close: 'close' follows.
      socket.on('error', () => {})
      socket.once('close', () => open.delete(socket))
    }
    // `end`, not `destroy`: what was passed on must arrive, so that the target really holds half a request.
    client.once('close', () => upstream.end())
    upstream.once('close', () => client.destroy())
    client.on('data', chunk => {
      const where = armed
      armed = undefined
      if (where === 'mid_request') {
        cuts++
        upstream.write(chunk.subarray(0, chunk.length >> 1))
        client.destroy()
        return
      }
      if (where === 'before_reply') dropReply = true
      if (!upstream.write(chunk)) {
        client.pause()
        upstream.once('drain', () => client.resume())
      }
    })
    upstream.on('data', chunk => {
      if (dropReply) {
        cuts++
        client.destroy()
        return
      }
      client.write(chunk)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (!address || typeof address !== 'object') throw new Error('the proxy has no port')

  const cutAll = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: address.port,
    get cuts() {
      return cuts
    },
    cutNext(where) {
      armed = where
    },
    spare() {
      armed = undefined
    },
    cutAll,
    async stop() {
      const closed = once(server, 'close')
      server.close()
      cutAll()
      await closed
    },
  }
}
