import { createBackoff, createSignal } from '@northstar/runtime/async'
import type Cluster from 'kafkajs/src/cluster/index.js'
import { LogUnavailable } from '../port.ts'
import type { KafkaConnection } from './connection.ts'
import { isFatal, protocolErrorType, reasonOf } from './errors.ts'

/** Asks the brokers; rejects with LogUnavailable. The question may be repeated. */
export type Ask = <T>(question: (cluster: Cluster) => Promise<T>, timeoutMs?: number) => Promise<T>

/** Default time-out: a person or a probe waits for the answer. */
const ASK_MS = 10_000

/** Repeats a question over new connections until its time-out. */
export function createAsk(connection: KafkaConnection, topic: string): Ask {
  return async (question, timeoutMs = ASK_MS) => {
    const deadline = performance.now() + timeoutMs
    const backoff = createBackoff()
    const pause = createSignal()
    for (;;) {
      try {
        return await question(await connection.cluster())
      } catch (error) {
        connection.drop()
        const unknown = protocolErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
        if (unknown) throw new LogUnavailable(`the topic ${topic} does not exist, or may not be seen`, { cause: error })
        if (isFatal(error) || performance.now() >= deadline) throw new LogUnavailable(reasonOf(error), { cause: error })
        await pause.wait(backoff.next())
      }
    }
  }
}
