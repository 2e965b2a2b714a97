import { guardRun } from './guard.ts'
import { SERVER_NAMES, startServers } from './servers.ts'

const VARIABLES = { kafka: 'KAFKA_BROKERS', redis: 'REDIS_URL', clickhouse: 'CLICKHOUSE_URL' } as const
const STOP_WITHIN_MS = 6_000

/**
 * Runs a real Kafka, Redis and ClickHouse until the process receives a signal, its parent process has ended or its output is no longer read.
 * Writes one line of JSON to stdout when all answer; everything else goes to stderr. Resolves to the exit code.
 */
export async function serve(): Promise<number> {
  const stopped = ended()
  const guard = guardRun()
  try {
    const starting = startServers({ onProgress: line => process.stderr.write(`${line}\n`) })
    const servers = await Promise.race([starting, stopped])
    if (typeof servers === 'string') return 0

    if (Object.keys(servers.missing).length > 0) {
      process.stderr.write('Not every server can be started, so all are stopped.\n')
      return 1
    }
    const line = Object.fromEntries(SERVER_NAMES.map(name => [VARIABLES[name], servers.addresses[name]]))
    process.stdout.write(`${JSON.stringify(line)}\n`)
    process.stderr.write('Ready. Ctrl+C stops them and removes their data.\n')
    const why = await stopped
    process.stderr.write(`Stopping: ${why}.\n`)
    await within(STOP_WITHIN_MS, servers.stop())
    return 0
  } finally {
    // The guard also ends servers that were still starting or did not stop in time.
    await guard.end()
  }
}

/** Resolves to the reason once this process must end. */
function ended(): Promise<string> {
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
    const parent = process.ppid
    setInterval(() => {
      if (process.ppid !== parent) resolve('the parent process has ended')
    }, 500)
    process.stdout.on('error', () => resolve('the output is no longer read'))
    process.stderr.on('error', () => {})
  })
}

/** Waits for the work for at most `ms`. The guard ends servers that did not stop. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work.catch(() => {}), late])
  clearTimeout(timer)
}
