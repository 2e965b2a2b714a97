import { createBackoff, createSignal } from '@northstar/runtime/async'
import type Cluster from 'kafkajs/src/cluster/index.js'
import { LogUnavailable } from '../port.ts'
import type { KafkaConnection } from './connection.ts'
import { isFatal, protocolErrorType, reasonOf } from './errors.ts'

/** Sends a request to the brokers, repeatedly if necessary. Rejects with LogUnavailable. */
export type Ask = <T>(request: (cluster: Cluster) => Promise<T>, timeoutMs?: number) => Promise<T>

/** Default time-out. It is short because a person or a health probe waits for the answer. */
const ASK_MS = 10_000

/** A failed request is repeated over new connections until its time-out. */
export function createAsk(connection: KafkaConnection, topic: string): Ask {
  return async (request, timeoutMs = ASK_MS) => {
    const deadline = performance.now() + timeoutMs
    const backoff = createBackoff()
    const pause = createSignal()
    for (;;) {
      try {
        return await request(await connection.cluster())
      } catch (error) {
        connection.drop()
        const unknown = protocolErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
        if (unknown) throw new LogUnavailable(`the topic ${topic} does not exist or is not visible to this user`, { cause: error })
        if (isFatal(error) || performance.now() >= deadline) throw new LogUnavailable(reasonOf(error), { cause: error })
        await pause.wait(backoff.next())
      }
    }
  }
}
