import { createBackoff, createSignal } from '@northstar/runtime/async'
import type { Logger } from '../logger.ts'
import { type LogRecord, LogUnavailable } from '../port.ts'
import type { KafkaConnection } from './connection.ts'
import { isFatal, isProducerForgotten, protocolErrorType, reasonOf } from './errors.ts'

export interface AppenderOptions {
  readonly topic: string
  readonly partitions: number
  /** How long a record may be tried before its append is given up, in ms. */
  readonly timeoutMs: number
  /** Bytes that may wait to be sent before further appends are refused at once. */
  readonly maxQueuedBytes: number
  readonly now: () => number
}

export interface Appender {
  append(records: readonly LogRecord[]): Promise<void>
  /** The topic has so many partitions now. */
  grow(partitions: number): void
  /** Sends what was given to it, then stops. */
  close(): Promise<void>
}

interface Identity {
  readonly producerId: unknown
  readonly producerEpoch: number
}

interface Ticket {
  left: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

interface Item {
  readonly record: LogRecord
  readonly bytes: number
  readonly at: number
  readonly ticket: Ticket
}

/** A partition's queue. What failed is repeated unchanged, so that the broker recognises it. */
interface Lane {
  readonly partition: number
  queue: Item[]
  batch: readonly Item[] | undefined
  deadline: number
  sequence: number
}

/** A partition's share of one request must fit into the topic's `max.message.bytes`, 1 MiB by default. */
const MAX_BATCH_BYTES = 900 * 1024
const MAX_SEQUENCE = 2 ** 31 - 1

/**
 * Sends records with `acks=all`, as an idempotent producer with one request under way a partition: order is kept and a
 * repeated request adds nothing. kafkajs' own producer keeps neither promise once its retries are bounded: it gives a failed
 * batch's sequence numbers to the next one, which the broker then takes for a repetition and drops.
 *
 * Appends that arrive while a request is under way share the next one.
 */
export function createAppender(connection: KafkaConnection, options: AppenderOptions, logger: Logger): Appender {
  const { topic, timeoutMs } = options
  const lanes: Lane[] = []
  const poke = createSignal()
  const idle = createSignal()
  const backoff = createBackoff()
  let producer: Identity | undefined
  let queuedBytes = 0
  let pumping = false
  let closed = false

  function grow(partitions: number): void {
    for (let partition = lanes.length; partition < partitions; partition++) {
      lanes.push({ partition, queue: [], batch: undefined, deadline: 0, sequence: 0 })
    }
  }
  grow(options.partitions)

  async function pump(): Promise<void> {
    if (pumping) return
    pumping = true
    try {
      for (;;) {
        for (const lane of lanes) lane.batch ??= takeBatch(lane)
        const ready = lanes.filter(lane => lane.batch)
        if (ready.length === 0) return
        const failed = await sendRound(ready)
        if (failed) await poke.wait(backoff.next())
        else backoff.reset()
      }
    } finally {
      pumping = false
      idle.notify()
    }
  }

  function takeBatch(lane: Lane): readonly Item[] | undefined {
    if (lane.queue.length === 0) return undefined
    let bytes = 0
    let count = 0
    for (const item of lane.queue) {
      bytes += item.bytes
      if (count > 0 && bytes > MAX_BATCH_BYTES) break
      count += 1
    }
    lane.deadline = performance.now() + timeoutMs
    return lane.queue.splice(0, count)
  }

  /** Whether something failed that is to be tried again. */
  async function sendRound(ready: readonly Lane[]): Promise<boolean> {
    // A broker that does not answer at all is not waited for beyond the time that appends have.
    const patience = Math.min(...ready.map(lane => lane.deadline)) - performance.now()
    const impatience = setTimeout(() => connection.drop(), Math.max(patience, 0))
    try {
      const cluster = await connection.cluster()
      await cluster.refreshMetadataIfNecessary()
      if (!producer || lanes.some(lane => lane.sequence + (lane.batch?.length ?? 0) > MAX_SEQUENCE)) {
        const broker = await cluster.findControllerBroker()
        forgetProducer()
        producer = await broker.initProducerId({ transactionTimeout: 30_000 })
      }
      const identity = producer
      const byLeader = cluster.findLeaderForPartitions(
        topic,
        ready.map(lane => lane.partition),
      )
      const outcomes = await Promise.all(
        Object.entries(byLeader).map(async ([nodeId, partitions]) => {
          const lanesOfLeader = ready.filter(lane => partitions.includes(lane.partition))
          try {
            const broker = await cluster.findBroker({ nodeId })
            await broker.produce({
              acks: -1,
              timeout: timeoutMs,
              ...identity,
              topicData: [{ topic, partitions: lanesOfLeader.map(toWire) }],
            })
            for (const lane of lanesOfLeader) succeed(lane, identity)
            return false
          } catch (error) {
            return fail(lanesOfLeader, error, identity)
          }
        }),
      )
      const leaderless = ready.filter(
        lane => lane.batch && !Object.values(byLeader).some(partitions => partitions.includes(lane.partition)),
      )
      const waiting = leaderless.length > 0 && fail(leaderless, new Error('a partition has no leader'))
      return waiting || outcomes.some(Boolean)
    } catch (error) {
      return fail(ready, error)
    } finally {
      clearTimeout(impatience)
    }
  }

  function succeed(lane: Lane, identity: Identity | undefined): void {
    const batch = lane.batch ?? []
    lane.batch = undefined
    // Numbering that began anew meanwhile knows nothing of this batch.
    if (identity === producer) lane.sequence += batch.length
    settle(batch, ticket => {
      ticket.left -= 1
      if (ticket.left === 0) ticket.resolve()
    })
  }

  /** Keeps what may still succeed for the next round; whether there is any. */
  function fail(failed: readonly Lane[], error: unknown, identity?: Identity): boolean {
    if (protocolErrorType(error) === 'DUPLICATE_SEQUENCE_NUMBER') {
      for (const lane of failed) succeed(lane, identity)
      return false
    }
    logger.debug({ err: error, topic, partitions: failed.map(lane => lane.partition) }, 'an append to Kafka failed')
    const fatal = isFatal(error)
    // A fresh connection also learns of new leaders.
    if (!fatal) connection.drop()
    if (isProducerForgotten(error)) forgetProducer()
    let again = false
    for (const lane of failed) {
      if (!fatal && !closed && performance.now() < lane.deadline) {
        again = true
        continue
      }
      const batch = lane.batch ?? []
      lane.batch = undefined
      // Whether the broker has it is not known, so its numbers must not be used again.
      forgetProducer()
      settle(batch, ticket => ticket.reject(new LogUnavailable(reasonOf(error), { cause: error })))
    }
    return again
  }

  function forgetProducer(): void {
    producer = undefined
    for (const lane of lanes) lane.sequence = 0
  }

  function settle(batch: readonly Item[], how: (ticket: Ticket) => void): void {
    for (const item of batch) {
      queuedBytes -= item.bytes
      how(item.ticket)
    }
  }

  return {
    async append(records) {
      if (closed) throw new LogUnavailable('it is closed')
      if (records.length === 0) return
      const bytes = records.reduce((sum, record) => sum + sizeOf(record), 0)
      if (queuedBytes > 0 && queuedBytes + bytes > options.maxQueuedBytes) throw new LogUnavailable('too much waits to be sent')
      for (const record of records) {
        if (!lanes[record.partition]) throw new RangeError(`there is no partition ${record.partition}`)
      }
      queuedBytes += bytes
      const at = options.now()
      await new Promise<void>((resolve, reject) => {
        const ticket = { left: records.length, resolve, reject }
        for (const record of records) lanes[record.partition]?.queue.push({ record, bytes: sizeOf(record), at, ticket })
        void pump()
      })
    },
    grow,
    async close() {
      closed = true
      poke.notify()
      while (pumping) await idle.wait()
    },
  }
}

function sizeOf(record: LogRecord): number {
  let size = record.value.byteLength + 64
  for (const [name, value] of Object.entries(record.headers)) size += name.length + value.byteLength + 8
  return size
}

function toWire(lane: Lane) {
  const messages = (lane.batch ?? []).map(({ record, at }) => ({
    value: toBuffer(record.value),
    headers: Object.fromEntries(Object.entries(record.headers).map(([name, value]) => [name, toBuffer(value)])),
    timestamp: at,
  }))
  return { partition: lane.partition, firstSequence: lane.sequence, messages }
}

/** kafkajs wants Buffers; this one shares the bytes. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
