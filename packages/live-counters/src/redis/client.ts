import { Cluster, Redis } from 'ioredis'
import { CountersUnavailable } from '../index.ts'
import { SCRIPTS } from './scripts.ts'

export type Client = Redis | Cluster

/** The scripts as ioredis adds them to a client: by their hash, sent whole where the server has forgotten them. */
interface Scripts {
  northstarApply(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<[outcome: string, found: string]>
  northstarSum(keyCount: number, ...keys: (string | number)[]): Promise<string[]>
  northstarUnionBuffer(keyCount: number, ...keys: string[]): Promise<Buffer>
  northstarCountUnions(keyCount: number, ...keysAndUnions: (string | Buffer)[]): Promise<number>
  northstarReset(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<number>
}

export type ScriptedClient = Client & Scripts

/** A client for `redis://`, `rediss://` or `redis+cluster://host:port,…`, with the scripts. Connects by itself, again and again. */
export function connect(url: string): ScriptedClient {
  const retryStrategy = (times: number) => Math.min(10 * 2 ** Math.min(times, 7), 1_000)
  // Commands that were cut off are sent again after the reconnect: every script can be repeated. How long a caller waits
  // is for `within` alone to say, since a cluster's own queue knows no time-out.
  const options = { maxRetriesPerRequest: null, retryStrategy, scripts: SCRIPTS }
  const nodes = clusterNodes(url)
  const client = nodes
    ? new Cluster(nodes.hosts, {
        scripts: SCRIPTS,
        clusterRetryStrategy: retryStrategy,
        redisOptions: { maxRetriesPerRequest: null, username: nodes.username, password: nodes.password },
      })
    : new Redis(url, options)
  // Without a listener the driver prints every failed attempt. Callers learn of it by their own calls.
  client.on('error', () => {})
  return client as ScriptedClient
}

interface ClusterNodes {
  readonly hosts: { readonly host: string; readonly port: number }[]
  readonly username?: string
  readonly password?: string
}

function clusterNodes(url: string): ClusterNodes | null {
  const scheme = 'redis+cluster://'
  if (!url.startsWith(scheme)) return null
  const rest = url.slice(scheme.length).replace(/\/.*$/, '')
  const at = rest.lastIndexOf('@')
  const hosts = rest
    .slice(at + 1)
    .split(',')
    .map(node => {
      const { hostname, port } = new URL(`redis://${node}`)
      return { host: hostname, port: Number(port || 6379) }
    })
  if (at < 0) return { hosts }
  const { username, password } = new URL(`redis://${rest.slice(0, at)}@host`)
  return { hosts, username: decodeURIComponent(username) || undefined, password: decodeURIComponent(password) || undefined }
}

/**
 * The command's answer, or {@link CountersUnavailable} when it fails or does not come in time. A command may be obeyed even so, later:
 * a promise of a command that was cut off can also stay open for good.
 */
export async function within<T>(timeoutMs: number, command: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new CountersUnavailable(`Redis did not answer within ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([command, late])
  } catch (error) {
    if (error instanceof CountersUnavailable) throw error
    throw new CountersUnavailable('Redis refused the command', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
