import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLog, PartitionClaim, StoredRecord } from '@northstar/event-log'
import { createUserSet, deriveKey, eraseUsers, type UserSet } from '@northstar/events'
import type { StateStore } from '@northstar/state'

/** A minute of the warehouse's ledger without the erased events. */
export interface LedgerCorrection {
  readonly partition: number
  readonly minute: number
  readonly accepted: number
  readonly stored: number
  readonly duplicates: number
  readonly dead_lettered: number
  readonly rejected: number
  readonly forgotten: number
}

/** Users whose events before given offsets are erased. Kept as long as the log may hold such events. */
export interface Erasure {
  readonly id: string
  /** Present until the stores have erased the events: a restarted process continues from it. */
  readonly pending?: { readonly ledger: readonly LedgerCorrection[]; readonly partitions: readonly number[] }
  /** The log's incarnation. */
  readonly log: string
  /** By partition: events in records before this offset are erased. */
  readonly ends: readonly number[]
  /** Pseudonyms. */
  readonly users: readonly string[]
}

export interface Erasures {
  list(): Promise<readonly Erasure[]>
  put(erasure: Erasure): Promise<void>
  remove(id: string): Promise<void>
}

const PREFIX = 'erasures/'

interface ErasureDocument extends Omit<Erasure, 'id' | 'users'> {
  readonly sealed: string
}

/** Erasures as documents of the state store. Pseudonyms are encrypted, so that the store's files do not contain them. */
export function createErasures(state: Pick<StateStore, 'list' | 'put' | 'delete'>, secret: Uint8Array): Erasures {
  const key = deriveKey(secret, 'erasures')

  function seal(users: readonly string[]): string {
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key, iv)
    return Buffer.concat([iv, cipher.update(users.join(' ')), cipher.final(), cipher.getAuthTag()]).toString('base64')
  }

  function open(text: string): string[] {
    const bytes = Buffer.from(text, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16))
    return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()])
      .toString()
      .split(' ')
  }

  return {
    async list() {
      const found = await state.list<ErasureDocument>(PREFIX)
      return found.map(({ key: name, value: { sealed, ...rest } }) => ({ id: name.slice(PREFIX.length), ...rest, users: open(sealed) }))
    },
    async put({ id, users, ...rest }) {
      await state.put(PREFIX + id, { ...rest, sealed: seal(users) } satisfies ErasureDocument)
    },
    remove: id => state.delete(PREFIX + id),
  }
}

type Erase = (record: StoredRecord) => StoredRecord

const RETRY_MS = 500

/**
 * The log without erased events. Each reader and each scan first loads the list of erasures, so that a repeated read never restores a user.
 */
export function withErasures(log: EventLog, erasures: Pick<Erasures, 'list' | 'remove'>): EventLog {
  async function load(): Promise<Erase> {
    const all = await erasures.list()
    if (all.length === 0) return record => record
    const [incarnation, bounds] = await Promise.all([log.incarnation(), log.bounds()])
    const inForce: { readonly ends: readonly number[]; readonly users: UserSet }[] = []
    for (const { id, log: of, ends, users, pending } of all) {
      const isKept = of === incarnation && bounds.some(({ partition, earliest }) => earliest < (ends[partition] ?? 0))
      if (isKept) inForce.push({ ends, users: createUserSet(users) })
      else if (!pending) await erasures.remove(id)
    }
    return record => {
      let left = record
      for (const { ends, users } of inForce) {
        if (record.fault || record.offset >= (ends[record.partition] ?? 0)) continue
        const erased = eraseUsers(left, users)
        if (erased) left = { ...left, value: erased.value, headers: erased.headers }
      }
      return left
    }
  }

  /** Waits for the state store: a claim must not read without the list. */
  async function loadFor(signal: AbortSignal): Promise<Erase> {
    for (;;) {
      try {
        return await load()
      } catch {
        // A claim that has ended reads nothing.
        if (signal.aborted) return record => record
        await sleep(RETRY_MS, undefined, { signal }).catch(() => {})
      }
    }
  }

  const erasingClaim = (claim: PartitionClaim): PartitionClaim => ({
    ...claim,
    read(offset) {
      const reader = claim.read(offset)
      let erase: Promise<Erase> | undefined
      return {
        ...reader,
        async next(limit) {
          erase ??= loadFor(claim.signal)
          return (await reader.next(limit)).map(await erase)
        },
      }
    },
  })

  return {
    ...log,
    get partitions() {
      return log.partitions
    },
    consume: options => log.consume({ ...options, run: claim => options.run(erasingClaim(claim)) }),
    async *scan(partition, from) {
      const erase = await load()
      for await (const record of log.scan(partition, from)) yield erase(record)
    },
  }
}
