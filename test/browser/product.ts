import { fileURLToPath } from 'node:url'
import { answersReady, freePort, type SpawnedProcess, spawnProcess, type TempFolder, tempFolder } from '@northstar/testkit'

const NORTHSTAR = fileURLToPath(new URL('../../services/northstar/bin/northstar.js', import.meta.url))

export interface RunningProduct {
  readonly url: string
  readonly adminToken: string
  /** Sends events and resolves once they are in the log. */
  send(...events: readonly object[]): Promise<void>
  /** Sends events of which some are rejected. Resolves with their codes. */
  sendWrong(...events: readonly object[]): Promise<readonly string[]>
  /** Creates a read key. */
  readKey(): Promise<string>
  stop(): Promise<void>
}

export interface ProductOptions {
  readonly demo: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Prepares the data folder before the start. */
  readonly prepare?: (folder: string) => Promise<void>
}

/** The built program with its own data folder; with `demo`, after the simulated beta is loaded. */
export async function startProduct(options: ProductOptions): Promise<RunningProduct> {
  const folder: TempFolder = await tempFolder('browser')
  await options.prepare?.(folder.path)
  const [port, metricsPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const adminToken = 'nsa_the-admin-token-of-the-browser-tests'
  const writeKey = 'nsw_for-the-browser-tests'
  const child: SpawnedProcess = await spawnProcess(process.execPath, [NORTHSTAR, 'up', ...(options.demo ? ['--demo'] : [])], {
    env: {
      KAFKA_BROKERS: undefined,
      REDIS_URL: undefined,
      CLICKHOUSE_URL: undefined,
      NORTHSTAR_DATA_DIR: folder.path,
      NORTHSTAR_PORT: String(port),
      NORTHSTAR_METRICS_PORT: String(metricsPort),
      NORTHSTAR_ADMIN_TOKEN: adminToken,
      NORTHSTAR_WRITE_KEY: writeKey,
      LOG_LEVEL: 'warn',
      ...options.env,
    },
  })
  await child.ready(() => answersReady(url))
  await child.line(/Press Ctrl-C to stop/)
  const post = (path: string, token: string, body: unknown) =>
    fetch(url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  return {
    url,
    adminToken,
    async sendWrong(...events) {
      const { rejected } = (await (await post('/v1/events', writeKey, events)).json()) as { rejected: { code: string }[] }
      return rejected.map(({ code }) => code)
    },
    async readKey() {
      return ((await (await post('/v1/keys', adminToken, { kind: 'read', name: 'a reader' })).json()) as { key: string }).key
    },
    async send(...events) {
      const answer = await post('/v1/events', writeKey, events)
      if (answer.status !== 202) throw new Error(`the event was not taken: ${await answer.text()}`)
    },
    async stop() {
      await child.stop()
      await folder.remove()
    },
  }
}
