import { fileURLToPath } from 'node:url'
import { createHttpServer, createLogger, readSettings, startApp } from '@northstar/runtime'
import { tempFolder } from '@northstar/testkit'
import { compose } from './compose.ts'
import { ALL_ROLES } from './roles.ts'

export const ADMIN = 'nsa_the-admin-token-of-this-test'
export const WRITE = 'nsw_the-write-key-of-this-test'

export interface AllRoles {
  readonly url: string
  /** Stops the roles and removes their data. */
  stop(): Promise<void>
}

interface AllRolesOptions {
  /** The folder of the product in `deploy/products`. Default `caro`. */
  readonly product?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called for each route that is registered. */
  readonly onRoute?: (method: string, path: string) => void
}

/** Starts all roles in this process, embedded, with {@link ADMIN} and {@link WRITE}, behind one HTTP server. */
export async function startAllRoles({ product = 'caro', env = {}, onRoute }: AllRolesOptions = {}): Promise<AllRoles> {
  const folder = await tempFolder('all-roles')
  const settings = readSettings({
    NORTHSTAR_DATA_DIR: folder.path,
    NORTHSTAR_PRODUCT: fileURLToPath(new URL(`../../../deploy/products/${product}`, import.meta.url)),
    NORTHSTAR_ADMIN_TOKEN: ADMIN,
    NORTHSTAR_WRITE_KEY: WRITE,
    LOG_LEVEL: 'silent',
    ...env,
  })
  const { routes = [], access, components } = await compose(settings, ALL_ROLES)
  const logger = createLogger('silent', 'test')
  const server = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    logger,
    routes,
    access,
    health: async () => ({}),
    ...(onRoute && { onRoute }),
  })
  const app = await startApp([...components, server], logger)
  return {
    url: server.url(),
    async stop() {
      await app.stop()
      await folder.remove()
    },
  }
}
