import { fileURLToPath } from 'node:url'
import { answersReady, freePort, spawnProcess } from '@northstar/testkit'
import { WRITE_KEY } from '../support/installation.ts'

const LOADER = fileURLToPath(new URL('typescript.mjs', import.meta.url))
const ALONE = fileURLToPath(new URL('alone.ts', import.meta.url))

export interface Alone {
  readonly url: string
  readonly pid: number
  stop(): Promise<unknown>
}

/** One role with the Caro product over embedded stores. */
export async function startAlone(role: string, dataDir: string): Promise<Alone> {
  const port = await freePort()
  const env = {
    NORTHSTAR_DATA_DIR: dataDir,
    NORTHSTAR_PORT: String(port),
    NORTHSTAR_METRICS_PORT: String(await freePort()),
    NORTHSTAR_WRITE_KEY: WRITE_KEY,
    NORTHSTAR_EVENTS_PER_SECOND: '0',
    LOG_LEVEL: 'warn',
  }
  const child = await spawnProcess(process.execPath, ['--import', LOADER, ALONE, role], { env })
  const url = `http://127.0.0.1:${port}`
  await child.ready(() => answersReady(url))
  return { url, pid: child.pid, stop: () => child.stop() }
}
