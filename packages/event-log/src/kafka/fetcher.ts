import { createBackoff, createSignal } from '@northstar/runtime/async'
import type { RecordSource } from '../gather.ts'
import type { Logger } from '../logger.ts'
import { type Hole, LogChanged, type StoredRecord } from '../port.ts'
import type { KafkaConnection } from './connection.ts'
import { isFatal, protocolErrorType } from './errors.ts'
import { endOffsets } from './offsets.ts'
import { toStoredRecord } from './stored-record.ts'

export interface FetcherOptions {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** Fetches ahead while fewer bytes than this wait to be read. */
  readonly aheadBytes: number
  /** Called after each attempt, with its error or undefined. */
  readonly onAttempt?: (error: unknown) => void
}

/** Reads a partition ahead of its reader, within bounds, and over lost connections. */
export interface Fetcher extends RecordSource {
  takeHoles(): readonly Hole[]
  end(): void
}

/** One answer holds at most this much (but at least one record). */
const FETCH_BYTES = 1024 * 1024
/** How long the broker holds an empty answer back; it answers at once when a record comes that somebody waits for. */
const FETCH_WAIT_MS = 5_000
/** The same for an answer that nobody waits for: each costs broker and reader as much as some hundred events. */
const FETCH_AHEAD_MS = 20
/** The broker holds the answer to a reader that gathers until the reader's time is over: one request a batch. So much longer the reader waits for it. */
const ANSWER_MS = 10

export function createFetcher(connection: KafkaConnection, options: FetcherOptions, logger: Logger): Fetcher {
  const { topic, partition } = options
  const arrival = createSignal()
  const room = createSignal()
  let queue: readonly StoredRecord[] = []
  let head = 0
  let queuedBytes = 0
  let fetchFrom = options.offset
  /** The newest record fetched, which is fetched and compared again after a failure: the log may be another one by then. */
  let newest: { readonly offset: number; readonly appendedAt: number } | undefined
  let unsure = false
  let holes: Hole[] = []
  let failure: unknown
  let started = false
  /** A reader that gathers: the bytes that it would take, and until when. */
  let gathering: { readonly bytes: number; readonly until: number } | undefined
  let awaited = false
  let ended = false

  async function fetchAhead(): Promise<void> {
    const backoff = createBackoff()
    while (!ended) {
      if (queuedBytes >= options.aheadBytes) {
        await room.wait()
        continue
      }
      try {
        const records = await fetchOnce()
        options.onAttempt?.(undefined)
        backoff.reset()
        if (records.length > 0) accept(records)
      } catch (error) {
        if (ended) return
        const trouble = protocolErrorType(error) === 'OFFSET_OUT_OF_RANGE' ? await skipDeleted() : error
        if (trouble === undefined) continue
        if (isFatal(trouble) || trouble instanceof LogChanged) throw trouble
        unsure = newest !== undefined
        options.onAttempt?.(trouble)
        logger.debug({ err: trouble, topic, partition }, 'a fetch from Kafka failed')
        connection.drop()
        await room.wait(backoff.next())
      }
    }
  }

  async function fetchOnce(): Promise<StoredRecord[]> {
    const cluster = await connection.cluster()
    const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined) throw new Error(`partition ${partition} of ${topic} has no leader`)
    const broker = await cluster.findBroker({ nodeId })
    const from = unsure && newest ? newest.offset : fetchFrom
    const answer = await broker.fetch({
      isolationLevel: 0,
      ...patience(),
      maxBytes: FETCH_BYTES,
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(from), maxBytes: FETCH_BYTES }] }],
    })
    const records: StoredRecord[] = []
    for (const message of answer.responses[0]?.partitions[0]?.messages ?? []) {
      const record = toStoredRecord(message, partition)
      if (unsure && record.offset === newest?.offset && record.appendedAt !== newest.appendedAt) {
        throw new LogChanged(partition, `another record lies at offset ${record.offset} than was read before`)
      }
      // The broker answers with whole batches, whose first records may be older than what was asked for.
      if (record.offset < fetchFrom) continue
      fetchFrom = record.offset + 1
      newest = record
      if (!message.isControlRecord) records.push(record)
    }
    unsure = false
    return records
  }

  function patience(): { readonly maxWaitTime: number; readonly minBytes: number } {
    const left = gathering === undefined ? 0 : gathering.until - performance.now()
    if (gathering !== undefined && left >= 1) {
      return { maxWaitTime: Math.floor(Math.min(left, FETCH_WAIT_MS)), minBytes: Math.min(gathering.bytes, FETCH_BYTES) }
    }
    return awaited && head === queue.length
      ? { maxWaitTime: FETCH_WAIT_MS, minBytes: 1 }
      : { maxWaitTime: FETCH_AHEAD_MS, minBytes: FETCH_BYTES }
  }

  /** Moves on to the oldest record kept when retention has deleted what was asked for; else returns what is wrong. */
  async function skipDeleted(): Promise<unknown> {
    try {
      const [bounds] = await endOffsets(await connection.cluster(), topic, [partition])
      if (!bounds) return new Error(`partition ${partition} of ${topic} has no bounds`)
      if (fetchFrom > bounds.next) return new LogChanged(partition, `it ends at ${bounds.next}, before offset ${fetchFrom}`)
      unsure = false
      newest = undefined
      if (fetchFrom < bounds.earliest) holes.push({ from: fetchFrom, to: bounds.earliest })
      fetchFrom = Math.max(fetchFrom, bounds.earliest)
      return undefined
    } catch (error) {
      return error
    }
  }

  function accept(records: readonly StoredRecord[]): void {
    queue = head === queue.length ? records : queue.slice(head).concat(records)
    head = 0
    for (const record of records) queuedBytes += record.value.byteLength
    arrival.notify()
  }

  return {
    take(maxBytes, before, force) {
      const from = head
      let bytes = 0
      let full = false
      for (let record = queue[head]; record && record.offset < before; record = queue[head]) {
        const size = record.value.byteLength
        if (bytes + size > maxBytes && !(force && head === from)) {
          full = true
          break
        }
        bytes += size
        head += 1
      }
      const records = queue.slice(from, head)
      if (head === queue.length) {
        queue = []
        head = 0
      }
      queuedBytes -= bytes
      if (bytes > 0) room.notify()
      return { records, bytes, full }
    },
    position: () => queue[head]?.offset ?? fetchFrom,
    takeHoles() {
      const taken = holes
      holes = []
      return taken
    },
    async more(ms, bytes = 1) {
      awaited = true
      const gathers = ms !== undefined && bytes > 1
      gathering = gathers ? { bytes, until: performance.now() + ms } : undefined
      if (!started) {
        started = true
        fetchAhead().catch((error: unknown) => {
          failure = error
          arrival.notify()
        })
      }
      if (failure === undefined && !ended) await arrival.wait(gathers ? ms + ANSWER_MS : ms)
      awaited = false
      gathering = undefined
      if (failure !== undefined) throw failure
    },
    end() {
      ended = true
      arrival.notify()
      room.notify()
      connection.close()
    },
  }
}
