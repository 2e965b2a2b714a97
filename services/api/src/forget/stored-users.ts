import type { Warehouse } from '@northstar/clickhouse'
import {
  createUserSet,
  type EncodedRecord,
  eraseUsers,
  keyText,
  parseKey,
  partitionOf,
  QUARANTINED,
  quarantineReason,
  type UserSet,
} from '@northstar/events'
import { type DeadLetter, encodeDeadLetter, type LedgerCorrection } from '@northstar/pipeline'
import { hasHashOf, readDeadLetters, type StoredDeadLetter } from '../dead-letters/dead-letter.ts'

type Queries = Pick<Warehouse, 'query' | 'insert' | 'deleteRows'>

/** The data of some users in the warehouse. */
export interface StoredUsers {
  /** Number of rows by table and pseudonym, of every table with a column `user_key`. */
  rows(): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>
  /** The dead letters with events of these users. */
  deadLetters(): Promise<readonly UsersDeadLetter[]>
  deleteRows(tables: Iterable<string>): Promise<void>
  /** Replaces each dead letter by one without these users' events; one that cannot be read is deleted. @param token repetitions with the same token change nothing */
  eraseDeadLetters(deadLetters: readonly StoredDeadLetter[], token: string): Promise<void>
  /** Ledger corrections for events that were received before the log begins. */
  correctionsBefore(begins: readonly number[]): Promise<readonly LedgerCorrection[]>
}

export interface UsersDeadLetter extends StoredDeadLetter {
  /** Number of events of each user, by pseudonym; 1 if the dead letter cannot be read. */
  readonly byUser: ReadonlyMap<string, number>
}

/** Maximum number of needles of the engine's `multiSearchAny`. */
const NEEDLES = 250
/** Time-out of statements over all rows, which compete with the inserts. */
const TIMEOUT_MS = 10 * 60_000

const USER = "leftPad(lower(hex(user_key)), 16, '0')"

/** @param pseudonyms 16 hexadecimal digits each: they are part of the statements */
export function createStoredUsers(warehouse: Queries, pseudonyms: readonly string[], users: UserSet): StoredUsers {
  const keys = pseudonyms.map(pseudonym => `0x${keyText(parseKey(pseudonym) ?? { high: 0, low: 0 })}`)
  const isTheirs = `user_key IN (${keys.join(', ')})`
  const query = <T>(sql: string) => warehouse.query<T>(sql, { timeoutMs: TIMEOUT_MS })

  async function tables(): Promise<readonly string[]> {
    const found = await query<{ table: string }>(
      `SELECT table FROM system.columns WHERE database = currentDatabase() AND name = 'user_key'
       AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND endsWith(engine, 'MergeTree'))`,
    )
    return found.map(({ table }) => table)
  }

  return {
    async rows() {
      const counts = new Map<string, ReadonlyMap<string, number>>()
      for (const table of await tables()) {
        const found = await query<{ user: string; n: number }>(
          `SELECT ${USER} AS user, count() AS n FROM ${table} WHERE ${isTheirs} GROUP BY user_key`,
        )
        counts.set(table, new Map(found.map(({ user, n }) => [user, Number(n)])))
      }
      return counts
    },

    async deadLetters() {
      const found = new Map<string, UsersDeadLetter>()
      for (let from = 0; from < keys.length; from += NEEDLES) {
        // Keys are stored in little-endian order.
        const needles = keys.slice(from, from + NEEDLES).map(key => `reverse(unhex('${key.slice(2)}'))`)
        const condition = `multiSearchAny(base64Decode(bytes), [${needles.join(', ')}])`
        for (const deadLetter of await readDeadLetters(warehouse, condition, { timeoutMs: TIMEOUT_MS })) {
          found.set(deadLetter.hash, { ...deadLetter, byUser: eventsByUser(deadLetter.record, pseudonyms, users) })
        }
      }
      return [...found.values()]
    },

    async deleteRows(names) {
      for (const table of names) await warehouse.deleteRows(table, isTheirs)
    },

    async eraseDeadLetters(deadLetters, token) {
      if (deadLetters.length === 0) return
      const lines = deadLetters.flatMap(deadLetter => withoutUsers(deadLetter, users))
      if (lines.length > 0) await warehouse.insert('dead_letters', lines, token)
      await warehouse.deleteRows('dead_letters', hasHashOf(deadLetters.map(({ hash }) => hash)))
    },

    async correctionsBefore(begins) {
      const { length } = begins
      const begin = `[${begins.join(', ')}][bitAnd(user_key, 4294967295) % ${length} + 1]`
      if (begins.every(time => time === 0)) return []
      const found = await query<{ partition: number; minute: number; n: number }>(
        `SELECT bitAnd(user_key, 4294967295) % ${length} AS partition, intDiv(toUnixTimestamp64Milli(received_at), 60000) * 60000 AS minute, count() AS n
         FROM events WHERE ${isTheirs} AND toUnixTimestamp64Milli(received_at) < ${begin} GROUP BY partition, minute`,
      )
      return found.map(({ partition, minute, n }) => {
        const forgotten = Number(n)
        const none = { rejected: 0, duplicates: 0, dead_lettered: 0 }
        return { ...none, partition: Number(partition), minute: Number(minute), accepted: -forgotten, stored: -forgotten, forgotten }
      })
    },
  }
}

function eventsByUser(record: EncodedRecord, pseudonyms: readonly string[], users: UserSet): ReadonlyMap<string, number> {
  const erased = eraseUsers(record, users)
  if (erased === null) return new Map(pseudonyms.filter(user => createUserSet([user]).occursIn(record.value)).map(user => [user, 1]))
  const counts = new Map<string, number>()
  for (const { user } of erased.rows) counts.set(keyText(user), (counts.get(keyText(user)) ?? 0) + 1)
  return counts
}

/** The lines that replace a dead letter: none if no event is left. */
function withoutUsers({ reason, events, record }: DeadLetter, users: UserSet): Uint8Array[] {
  const erased = eraseUsers(record, users)
  if (erased === null || erased.value.length === 0) return []
  const { rows, ...rest } = erased
  const left = reason.startsWith(QUARANTINED) ? quarantineReason(erased) : reason
  return [encodeDeadLetter({ reason: left, events: Math.max(0, events - rows.length), record: { ...record, ...rest } })]
}

/** The partition that a user's events go to. */
export const partitionOfUser = (pseudonym: string, partitions: number): number => {
  const key = parseKey(pseudonym) ?? { high: 0, low: 0 }
  return partitionOf(key, key, partitions)
}
