import { createBackoff, createSignal } from '@northstar/runtime/async'
import type { ClaimSource } from '../claims.ts'
import type { Logger } from '../logger.ts'
import { LogChanged } from '../port.ts'
import type { KafkaConnection } from './connection.ts'
import { isFatal, protocolErrorType } from './errors.ts'
import { type CursorStart, createFetchCursor, FETCH_BYTES, type FetchWait } from './fetch-cursor.ts'
import { createRecordBuffer } from './record-buffer.ts'

export interface FetcherOptions extends CursorStart {
  /** The fetcher reads ahead while it has fewer bytes than this that were not taken. */
  readonly aheadBytes: number
  /** Called after each attempt, with its error or undefined. */
  readonly onAttempt?: (error: unknown) => void
}

/** A reader is waiting until it has gathered `bytes`, or until the time `until`, by `performance.now()`. */
interface Gathering {
  readonly bytes: number
  readonly until: number
}

/** How long the broker may hold back an empty answer while a reader waits. It answers at once when a record arrives. */
const FETCH_WAIT_MS = 5_000
/** The same while no reader waits. Each answer costs broker and reader as much as some hundred events. */
const FETCH_AHEAD_MS = 20
/**
 * For a gathering reader, the broker holds back its answer until the reader's time is over, so that a batch needs one request. The reader
 * waits up to this much longer for the answer: a batch that misses it costs as much as a full batch.
 */
const ANSWER_MS = 100

/** Fetches a partition ahead of its reader, up to `aheadBytes`, and reconnects after failures. `end` closes the connection. */
export function createFetcher(connection: KafkaConnection, options: FetcherOptions, logger: Logger): ClaimSource {
  const { topic, partition } = options
  const cursor = createFetchCursor(connection, options)
  const buffer = createRecordBuffer()
  const arrival = createSignal()
  const room = createSignal()
  let gathering: Gathering | undefined
  let awaited = false
  let failure: unknown
  let started = false
  let ended = false

  async function fetchAhead(): Promise<void> {
    const backoff = createBackoff()
    while (!ended) {
      if (buffer.bytes() >= options.aheadBytes) {
        await room.wait()
        continue
      }
      try {
        const records = await cursor.fetch(() => waitFor(gathering, awaited && buffer.isEmpty()))
        options.onAttempt?.(undefined)
        backoff.reset()
        if (records.length > 0) buffer.add(records)
        // A gathering reader waits for the answer even if it is empty.
        if (records.length > 0 || gathering) arrival.notify()
      } catch (error) {
        if (ended) return
        const problem = protocolErrorType(error) === 'OFFSET_OUT_OF_RANGE' ? await cursor.skipDeleted() : error
        if (problem === undefined) continue
        if (isFatal(problem) || problem instanceof LogChanged) throw problem
        cursor.verifyNewest()
        options.onAttempt?.(problem)
        logger.debug({ err: problem, topic, partition }, 'a fetch from Kafka failed')
        connection.drop()
        await room.wait(backoff.next())
      }
    }
  }

  return {
    take(maxBytes, before, force) {
      const taken = buffer.take(maxBytes, before, force)
      if (taken.bytes > 0) room.notify()
      return taken
    },
    position: () => buffer.firstOffset() ?? cursor.position(),
    takeHoles: cursor.takeHoles,
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

function waitFor(gathering: Gathering | undefined, awaited: boolean): FetchWait {
  const left = gathering === undefined ? 0 : gathering.until - performance.now()
  if (gathering !== undefined && left >= 1) {
    return { maxWaitTime: Math.floor(Math.min(left, FETCH_WAIT_MS)), minBytes: Math.min(gathering.bytes, FETCH_BYTES) }
  }
  return awaited ? { maxWaitTime: FETCH_WAIT_MS, minBytes: 1 } : { maxWaitTime: FETCH_AHEAD_MS, minBytes: FETCH_BYTES }
}
