import { once } from 'node:events'
import { createConnection, createServer, type Socket } from 'node:net'
import { listenOnLoopback } from './free-port.ts'

/** A TCP proxy on loopback that can cut the connection of a request in the middle of the request or before its reply. */
export interface CuttingProxy {
  readonly port: number
  /** Number of requests whose connection was cut so far. */
  readonly cuts: number
  /**
   * Cuts the connection of the next incoming request, once.
   * `before_reply`: the target gets the whole request; its reply is dropped.
   * `mid_request`: the target gets only the first half of the request.
   */
  cutNext(where: 'before_reply' | 'mid_request'): void
  /** Cancels a {@link cutNext} that has not happened yet. */
  cancelCut(): void
  /** Cuts all open connections. */
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
      // An error such as a reset is followed by 'close'.
      socket.on('error', () => {})
      socket.once('close', () => open.delete(socket))
    }
    // `end` instead of `destroy`: the bytes that were passed on must arrive, so that the target really has half a request.
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
  const port = await listenOnLoopback(server)

  const cutAll = () => {
    for (const socket of open) socket.destroy()
  }
  return {
    port,
    get cuts() {
      return cuts
    },
    cutNext(where) {
      armed = where
    },
    cancelCut() {
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
