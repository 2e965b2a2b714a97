import { connectRedis, type RedisClient } from '@northstar/redis'
import { withTimeout } from '@northstar/runtime/async'
import { CountersUnavailable } from '../port.ts'
import { SCRIPTS } from './scripts.ts'

/** The scripts as ioredis adds them to a client: by their hash, sent whole where the server has forgotten them. */
interface Scripts {
  northstarApply(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<[outcome: string, found: string]>
  northstarSum(keyCount: number, ...keys: (string | number)[]): Promise<string[]>
  northstarUnionBuffer(keyCount: number, ...keys: string[]): Promise<Buffer>
  northstarCountUnions(keyCount: number, ...keysAndUnions: (string | Buffer)[]): Promise<number>
  northstarReset(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<number>
}

export type ScriptedClient = RedisClient & Scripts

/** A client with the scripts. Every script can be repeated, as the client's reconnects require. */
export const connect = (url: string) => connectRedis(url, { scripts: SCRIPTS }) as ScriptedClient

/**
 * The command's answer, or {@link CountersUnavailable} when it fails or does not come in time. A command may be obeyed even so, later:
 * a promise of a command that was cut off can also stay open for good.
 */
export async function within<T>(timeoutMs: number, command: Promise<T>): Promise<T> {
  try {
    return await withTimeout(timeoutMs, command, () => new CountersUnavailable(`Redis did not answer within ${timeoutMs} ms`))
  } catch (error) {
    if (error instanceof CountersUnavailable) throw error
    throw new CountersUnavailable('Redis refused the command', { cause: error })
  }
}
