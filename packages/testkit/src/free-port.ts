import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Makes a server listen on a free port of loopback. Resolves to the port. */
export async function listenOnLoopback(server: Server, wanted = 0): Promise<number> {
  server.listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a listening server has no port')
  return address.port
}

/** Ports below those that systems give to outgoing connections: such a connection could take a free port before its server listens. */
const [FIRST, LAST] = [12_000, 32_000]

/** Returns ports on loopback that were free a moment ago. All are held open together, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(Array.from({ length: count }, holdFreePort))
  await Promise.all(servers.map(({ server }) => new Promise<void>(resolve => server.close(() => resolve()))))
  return servers.map(({ port }) => port)
}

async function holdFreePort(): Promise<{ readonly server: Server; readonly port: number }> {
  for (;;) {
    const server = createServer()
    try {
      return { server, port: await listenOnLoopback(server, randomInt(FIRST, LAST)) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
  }
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0] as number
