import type { Warehouse } from '@northstar/clickhouse'
import type { StoredRecord } from '@northstar/event-log'
import { createUserSet, eraseUsers, keyText, parseKey, partitionOf, type UserSet } from '@northstar/events'
import type { LedgerCorrection } from '@northstar/pipeline'
import { isOneOfLetters, LETTER_HASH } from '../dead-letters/identity.ts'

type Queries = Pick<Warehouse, 'query' | 'insert' | 'deleteRows'>

/** What the warehouse holds of some users, and how it is deleted. */
export interface StoredUsers {
  /** Rows of a table by pseudonym; every table with a column `user_key` is there. */
  rows(): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>
  /** The dead letters with events of theirs. */
  deadLetters(): Promise<readonly DeadLetter[]>
  deleteRows(tables: Iterable<string>): Promise<void>
  /** Replaces each dead letter by one without their events; one that cannot be read is deleted whole. @param token repeats do nothing */
  eraseDeadLetters(letters: readonly DeadLetter[], token: string): Promise<void>
  /** What the ledger counts of events that were received before the log begins. */
  correctionsBefore(begins: readonly number[]): Promise<readonly LedgerCorrection[]>
}

export interface DeadLetter {
  readonly hash: string
  readonly at: number
  readonly reason: string
  readonly events: number
  readonly record: StoredRecord
  /** Whose events it has. */
  readonly users: readonly string[]
}

interface DeadLetterRow {
  readonly hash: string
  readonly ms: number
  readonly partition: number
  readonly offset: number
  readonly reason: string
  readonly events: number
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: string
}

/** The engine's function takes so many needles at most. */
const NEEDLES = 250
/** Statements over all rows may take long beside the inserts. */
const TIMEOUT_MS = 10 * 60_000

const USER = "leftPad(lower(hex(user_key)), 16, '0')"

/** @param pseudonyms 16 hexadecimal digits each: nothing else enters the statements */
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
      const letters: DeadLetter[] = []
      for (let from = 0; from < keys.length; from += NEEDLES) {
        // A block has the low byte of a key first.
        const needles = keys.slice(from, from + NEEDLES).map(key => `reverse(unhex('${key.slice(2)}'))`)
        const found = await query<DeadLetterRow>(
          `SELECT ${LETTER_HASH} AS hash, toUnixTimestamp64Milli(at) AS ms, partition, offset, reason, events, headers, bytes
           FROM dead_letters WHERE multiSearchAny(base64Decode(bytes), [${needles.join(', ')}])`,
        )
        letters.push(...found.map(row => deadLetterOf(row, pseudonyms)))
      }
      return [...new Map(letters.map(letter => [letter.hash, letter])).values()]
    },

    async deleteRows(names) {
      for (const table of names) await warehouse.deleteRows(table, isTheirs)
    },

    async eraseDeadLetters(letters, token) {
      if (letters.length === 0) return
      const lines = letters.flatMap(letter => withoutUsers(letter, users))
      if (lines.length > 0) await warehouse.insert('dead_letters', lines, token)
      await warehouse.deleteRows('dead_letters', isOneOfLetters(letters.map(({ hash }) => hash)))
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

function deadLetterOf(
  { hash, ms, partition, offset, reason, events, headers, bytes }: DeadLetterRow,
  users: readonly string[],
): DeadLetter {
  const value = Buffer.from(bytes, 'base64')
  const decoded = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text, 'base64')]))
  const record = { partition: Number(partition), offset: Number(offset), appendedAt: Number(ms), headers: decoded, value }
  const own = users.filter(user => createUserSet([user]).occursIn(value))
  return { hash, at: Number(ms), reason, events: Number(events), record, users: own }
}

/** The line that takes the dead letter's place, if any. */
function withoutUsers({ at, reason, events, record }: DeadLetter, users: UserSet): Uint8Array[] {
  const erased = eraseUsers(record, users)
  if (erased === null || erased.value.length === 0) return []
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  const row = {
    at,
    partition: record.partition,
    offset: record.offset,
    reason,
    events: Math.max(0, events - erased.rows.length),
    headers: Object.fromEntries(Object.entries(erased.headers).map(([name, bytes]) => [name, base64(bytes)])),
    bytes: base64(erased.value),
  }
  return [Buffer.from(`${JSON.stringify(row)}\n`)]
}

/** The partition that a user's events go to. */
export const partitionOfUser = (pseudonym: string, partitions: number): number => {
  const key = parseKey(pseudonym) ?? { high: 0, low: 0 }
  return partitionOf(key, key, partitions)
}
