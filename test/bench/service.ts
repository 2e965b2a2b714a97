import { answersReady, freePort } from '@northstar/testkit'
import { WRITE_KEY } from '../support/installation.ts'
import { startNorthstar } from '../support/northstar.ts'

export interface Alone {
  readonly url: string
  readonly pid: number
  stop(): Promise<unknown>
}

/** One service with the Caro product over embedded stores. */
export async function startAlone(role: string, dataDir: string): Promise<Alone> {
  const [port, metricsPort] = [await freePort(), await freePort()]
  const process = await startNorthstar(['serve', role], {
    NORTHSTAR_DATA_DIR: dataDir,
    NORTHSTAR_PORT: String(port),
    NORTHSTAR_METRICS_PORT: String(metricsPort),
    NORTHSTAR_WRITE_KEY: WRITE_KEY,
    NORTHSTAR_SECRET: 'a-secret-for-tests-of-thirty-two-characters',
    NORTHSTAR_EVENTS_PER_SECOND: '0',
    LOG_LEVEL: 'warn',
  })
  const url = `http://127.0.0.1:${port}`
  await process.ready(() => answersReady(url))
  return { url, pid: process.pid, stop: () => process.stop() }
}
