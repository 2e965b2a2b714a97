import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { startServers } from './servers.ts'
import { spawnProcess } from './spawn-process.ts'

const SERVERS = fileURLToPath(new URL('../bin/servers.js', import.meta.url))

const lives = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

// The test works with any servers that can be started here, since it checks only that they are stopped.
test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('after %s nothing of the servers is left', async signal => {
  const run = await spawnProcess(process.execPath, [SERVERS])
  await run.line(/Redis: (answers|cannot be started)|Ready/)
  const folder = await eventually(() => runFolderOf(run.pid), { what: 'the folder of the run' })
  const children = await childrenOf(run.pid)
  expect(children.length).toBeGreaterThan(0)
  run.signal(signal)
  await run.exited
  await eventually(() => !existsSync(folder) && !children.some(lives), { what: 'all processes and folders gone' })
})

test('a server that cannot be started is named with its reason and does not affect the others', async () => {
  const path = process.env.PATH
  process.env.PATH = '/nowhere'
  try {
    const servers = await startServers({ clickhouse: false, engine: 'native' })
    await servers.stop()
    expect(servers.addresses).toEqual({})
    expect(servers.missing).toEqual({
      kafka: expect.stringMatching(/^(java|mvn) is not installed \(Debian: apt-get install/),
      redis: 'redis-server is not installed (Debian: apt-get install redis-server)',
    })
  } finally {
    process.env.PATH = path
  }
})

async function childrenOf(pid: number): Promise<number[]> {
  const { output } = await finished('ps', ['-o', 'pid=', '--ppid', String(pid)])
  return output.split('\n').filter(Boolean).map(Number)
}

/** From the command line of the process that waits for the end of the run. */
async function runFolderOf(pid: number): Promise<string | undefined> {
  const { output } = await finished('ps', ['-o', 'args=', '--ppid', String(pid)])
  return /\S*northstar-run-\w+/.exec(output)?.[0]
}

async function finished(command: string, args: readonly string[]) {
  const process = await spawnProcess(command, args)
  await process.exited
  return process
}
