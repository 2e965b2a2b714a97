import { connectRedis, type RedisClient } from '@northstar/redis'
import { withTimeout } from '@northstar/runtime/async'
import { CountersUnavailable } from '../port.ts'
import { SCRIPTS } from './scripts.ts'

/** The methods that ioredis adds to a client for the scripts. A script is called by its hash, and sent whole if the server does not know it. */
interface Scripts {
  northstarApply(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<[outcome: string, found: string]>
  northstarSum(keyCount: number, ...keys: (string | number)[]): Promise<string[]>
  northstarUnionBuffer(keyCount: number, ...keys: string[]): Promise<Buffer>
  northstarCountUnions(keyCount: number, ...keysAndUnions: (string | Buffer)[]): Promise<number>
  northstarReset(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<number>
}

export type ScriptedClient = RedisClient & Scripts

/** Connects a client that has the scripts. Every script is safe to repeat, which reconnecting requires. */
export const connect = (url: string) => connectRedis(url, { scripts: SCRIPTS }) as ScriptedClient

/**
 * Returns the command's answer. Rejects with {@link CountersUnavailable} if the command fails or takes longer than `timeoutMs`. Redis may
 * still run such a command later.
 */
export async function within<T>(timeoutMs: number, command: Promise<T>): Promise<T> {
  try {
    return await withTimeout(timeoutMs, command, () => new CountersUnavailable(`Redis did not answer within ${timeoutMs} ms`))
  } catch (error) {
    if (error instanceof CountersUnavailable) throw error
    throw new CountersUnavailable('Redis refused the command', { cause: error })
  }
}
