import { createBackoff, createSignal } from '@northstar/runtime/async'
import type { Logger } from '../logger.ts'
import { type LogRecord, LogUnavailable } from '../port.ts'
import { type AppendQueueConfig, type Batch, createAppendQueue } from './append-queue.ts'
import type { KafkaConnection } from './connection.ts'
import { isFatal, isProducerForgotten, protocolErrorType, reasonOf } from './errors.ts'
import { createProducer, type ProducerConfig, type ProducerId } from './producer.ts'

export interface AppenderOptions extends AppendQueueConfig, ProducerConfig {}

export interface Appender {
  append(records: readonly LogRecord[]): Promise<void>
  /** Must be called when the topic has got more partitions. */
  grow(partitions: number): void
  /** Sends the waiting records, then stops. */
  close(): Promise<void>
}

/**
 * Sends records with `acks=all`, as an idempotent producer with one request in flight for each partition: the order is kept and
 * a repeated request adds nothing. kafkajs' own producer guarantees neither if its retries are limited: it reuses a failed batch's
 * sequence numbers for the next batch, which the broker then drops as a repetition.
 *
 * Appends that arrive while a request is in flight share the next one.
 */
export function createAppender(connection: KafkaConnection, options: AppenderOptions, logger: Logger): Appender {
  const queue = createAppendQueue(options)
  const producer = createProducer(connection, options)
  const wake = createSignal()
  const idle = createSignal()
  const backoff = createBackoff()
  let sending = false
  let closed = false

  async function sendAll(): Promise<void> {
    if (sending) return
    sending = true
    try {
      for (let batches = queue.batches(); batches.length > 0; batches = queue.batches()) {
        const again = await producer.send(batches, { stored, failed })
        if (again) await wake.wait(backoff.next())
        else backoff.reset()
      }
    } finally {
      sending = false
      idle.notify()
    }
  }

  function stored(batches: readonly Batch[], id: ProducerId | undefined): void {
    for (const batch of batches) {
      producer.advance(id, batch)
      queue.resolve(batch)
    }
  }

  function failed(batches: readonly Batch[], error: unknown, id?: ProducerId): boolean {
    if (protocolErrorType(error) === 'DUPLICATE_SEQUENCE_NUMBER') {
      stored(batches, id)
      return false
    }
    logger.debug({ err: error, topic: options.topic, partitions: batches.map(({ partition }) => partition) }, 'an append to Kafka failed')
    const fatal = isFatal(error)
    // A new connection also reads who the leaders are now.
    if (!fatal) connection.drop()
    if (isProducerForgotten(error)) producer.forget()
    let again = false
    for (const batch of batches) {
      if (!fatal && !closed && performance.now() < batch.deadline) {
        again = true
        continue
      }
      // The broker may have stored the batch, so its sequence numbers must not be used again.
      producer.forget()
      queue.reject(batch, new LogUnavailable(reasonOf(error), { cause: error }))
    }
    return again
  }

  return {
    async append(records) {
      if (closed) throw new LogUnavailable('it is closed')
      if (records.length === 0) return
      const appended = queue.push(records)
      void sendAll()
      await appended
    },
    grow: queue.grow,
    async close() {
      closed = true
      wake.notify()
      while (sending) await idle.wait()
    },
  }
}
