import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port on loopback that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the system gave no port')
  await new Promise<void>(resolve => server.close(() => resolve()))
  return address.port
}
