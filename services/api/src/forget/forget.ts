import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { iso } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import type { EventLog } from '@northstar/event-log'
import { createUserSet, eraseUsers } from '@northstar/events'
import type { ForgetAnswer } from '@northstar/http-api'
import type { LiveCounters } from '@northstar/live-counters'
import type { Erasure, Erasures } from '@northstar/pipeline'
import { createLease } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { accountOfUsers, hasEventsFrom } from './log-account.ts'
import { createStoredUsers, partitionOfUser, type UsersDeadLetter } from './stored-users.ts'

export interface ForgetDeps {
  /** The log without erased events. */
  readonly log: EventLog
  readonly counters: LiveCounters
  readonly warehouse: Warehouse
  readonly state: StateStore
  readonly erasures: Erasures
  /** A user's pseudonym, 16 hexadecimal digits. */
  readonly pseudonymOf: (userId: string) => string
  /** The retention of a log that cannot be rewritten, ms. */
  readonly logRetentionMs: number
  readonly now: () => number
}

/** Users cannot be forgotten at the moment. The next attempt continues the erasure. */
export class ForgetRefused extends Error {
  readonly code: 'forget_running' | 'warehouse_behind' | 'counters_behind'
  readonly retryable = true
  constructor(code: ForgetRefused['code'], message: string) {
    super(message)
    this.code = code
    this.name = 'ForgetRefused'
  }
}

type OnStep = (step: string) => void

export interface Forget {
  /** @param onStep called with each step */
  forget(userIds: readonly string[], onStep: OnStep): Promise<ForgetAnswer>
  /** Finishes an erasure that a process left incomplete. */
  resume(): Promise<void>
}

const LEASE = 'forget'
const LEASE_MS = 60_000
const POLL_MS = 200
/** Maximum number of repetitions for users who keep sending events. */
const MAX_PASSES = 4
const WAIT_MS = 10 * 60_000

/**
 * Forgets users: erases their events up to now from every store, while events keep arriving. First the warehouse must have stored the
 * records, so that it does not insert a deleted row again. Then the erasure is recorded, so that all readers of the log skip these events.
 * Then the events are deleted from the stores. Each step can be repeated.
 */
export function createForget(deps: ForgetDeps): Forget {
  const { log, state, erasures } = deps

  async function exclusively<T>(work: () => Promise<T>): Promise<T> {
    const lease = createLease(state, LEASE, randomUUID(), LEASE_MS)
    if (!(await lease.hold()))
      throw new ForgetRefused('forget_running', 'other users are being forgotten. Try again when that has finished.')
    try {
      return await lease.keepDuring(work)
    } finally {
      await lease.release()
    }
  }

  async function resume(onStep: OnStep = () => {}): Promise<void> {
    for (const erasure of await erasures.list()) await finish(erasure, onStep, deps)
  }

  return {
    forget: (userIds, onStep) =>
      exclusively(async () => {
        await resume(onStep)
        const pseudonyms = [...new Set(userIds.map(deps.pseudonymOf))]
        const receipts = new Map(pseudonyms.map(pseudonym => [pseudonym, { pseudonym, events: 0, counters: 0, dead_letters: 0 }]))
        // Events that arrive meanwhile may be deleted from the warehouse but not from the log: the next pass erases them there.
        for (let pass = 1; ; pass++) {
          const found = await begin(pseudonyms, onStep, deps)
          for (const receipt of receipts.values()) {
            const { pseudonym } = receipt
            receipt.events += found.rows.get('events')?.get(pseudonym) ?? 0
            receipt.counters += found.account.events.get(pseudonym) ?? 0
            receipt.dead_letters += deadEvents(found.letters, pseudonym)
          }
          await finish(found.erasure, onStep, deps)
          onStep('checking')
          const left = await remaining(found.erasure, deps)
          if (pass < MAX_PASSES && left.sentSince) continue
          return {
            receipts: [...receipts.values()].map(receipt => ({ ...receipt, remaining: left.byUser.get(receipt.pseudonym) ?? 0 })),
            ...(log.rewrite
              ? { log: 'erased', log_kept_until: null }
              : { log: 'left_out_until_retention', log_kept_until: iso(deps.now() + deps.logRetentionMs) }),
          }
        }
      }),
    async resume() {
      if ((await erasures.list()).some(({ pending }) => pending)) await exclusively(() => resume())
    },
  }
}

async function waitUntil(isDone: () => Promise<boolean>, otherwise: ForgetRefused): Promise<void> {
  const deadline = performance.now() + WAIT_MS
  while (!(await isDone())) {
    if (performance.now() > deadline) throw otherwise
    await sleep(POLL_MS)
  }
}

/** Records the erasure, and counts each user's events, rows and dead-lettered events. */
async function begin(pseudonyms: readonly string[], onStep: OnStep, { log, warehouse, erasures }: ForgetDeps) {
  const users = createUserSet(pseudonyms)
  const stored = createStoredUsers(warehouse, pseudonyms, users)
  const ends = (await log.bounds()).map(({ next }) => next)
  onStep('waiting for the warehouse')
  await waitUntil(async () => {
    const commits = await log.commits('warehouse')
    return ends.every((end, partition) => end === 0 || (commits.get(partition)?.offset ?? 0) >= end)
  }, new ForgetRefused('warehouse_behind', 'the warehouse lags behind the log and would store the events again. See "northstar status".'))
  onStep('reading the log')
  const letters = await stored.deadLetters()
  const dead = new Set(letters.map(({ record }) => `${record.partition}:${record.offset}`))
  const account = await accountOfUsers(log, ends, users, record => dead.has(`${record.partition}:${record.offset}`))
  const rows = await stored.rows()
  const kept = pseudonyms.filter(user => [...rows.values()].some(table => table.has(user)))
  const partitions = new Set([...account.partitions, ...kept.map(user => partitionOfUser(user, log.partitions))])
  const ledger = [...account.corrections, ...(await stored.correctionsBefore(account.begins))]
  const pending = { ledger, partitions: [...partitions] }
  const erasure: Erasure = { id: randomUUID(), log: await log.incarnation(), ends, users: pseudonyms, pending }
  await erasures.put(erasure)
  return { erasure, account, rows, letters }
}

/** Cleans the stores. Each step can be repeated. */
async function finish(erasure: Erasure, onStep: OnStep, { log, warehouse, counters, erasures }: ForgetDeps): Promise<void> {
  const { id, log: incarnation, ends, users: pseudonyms, pending } = erasure
  if (!pending) return
  const users = createUserSet(pseudonyms)
  const stored = createStoredUsers(warehouse, pseudonyms, users)
  if (log.rewrite && incarnation === (await log.incarnation())) {
    onStep('rewriting the log')
    await log.rewrite(record => (record.offset < (ends[record.partition] ?? 0) ? eraseUsers(record, users) : null))
  }
  onStep('deleting from the warehouse')
  const rows = await stored.rows()
  await stored.deleteRows([...rows].filter(([, byUser]) => byUser.size > 0).map(([table]) => table))
  await stored.eraseDeadLetters(await stored.deadLetters(), `forget:${id}:dead`)
  const lines = pending.ledger.map(row => Buffer.from(`${JSON.stringify(row)}\n`))
  if (lines.length > 0) await warehouse.insert('ledger', lines, `forget:${id}:ledger`)
  if (pending.partitions.length > 0) {
    onStep('rebuilding the live counters')
    await counters.reset(pending.partitions)
    await waitUntil(async () => {
      const positions = await Promise.all(pending.partitions.map(partition => counters.position(partition)))
      return positions.every((position, i) => (position?.offset ?? 0) >= (ends[pending.partitions[i] as number] ?? 0))
    }, new ForgetRefused('counters_behind', 'rebuilding the live counters takes longer than expected'))
  }
  if (log.rewrite) await erasures.remove(id)
  else await erasures.put({ id, log: incarnation, ends, users: pseudonyms })
}

/** Counts the remaining events of the users up to the erasure, and checks whether they have sent events since. */
async function remaining({ ends, users: pseudonyms }: Erasure, { log, warehouse }: ForgetDeps) {
  const users = createUserSet(pseudonyms)
  const stored = createStoredUsers(warehouse, pseudonyms, users)
  const before = await accountOfUsers(log, ends, users, () => false)
  const sentSince = await hasEventsFrom(log, ends, users)
  const [letters, rows] = await Promise.all([stored.deadLetters(), stored.rows()])
  const count = (user: string) =>
    (before.events.get(user) ?? 0) +
    deadEvents(letters, user) +
    // If users keep sending events, rows may be newer events.
    (sentSince ? 0 : [...rows.values()].reduce((total, table) => total + (table.get(user) ?? 0), 0))
  return { sentSince, byUser: new Map(pseudonyms.map(user => [user, count(user)])) }
}

const deadEvents = (letters: readonly UsersDeadLetter[], user: string) =>
  letters.reduce((total, { byUser }) => total + (byUser.get(user) ?? 0), 0)
