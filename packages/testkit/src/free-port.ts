import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Makes a server listen on a free port of loopback. Resolves to the port. */
export async function listenOnLoopback(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('a listening server has no port')
  return address.port
}

/** Returns ports on loopback that were free a moment ago. All are held open together, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(servers.map(listenOnLoopback))
  await Promise.all(servers.map(server => new Promise<void>(resolve => server.close(() => resolve()))))
  return ports
}

export const freePort = async (): Promise<number> => (await freePorts(1))[0] as number
