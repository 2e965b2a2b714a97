import type { Metrics } from '@northstar/runtime'

interface Account {
  accepted: number
  stored: number
  duplicates: number
  dead_lettered: number
  rejected: number
}

/** The partition of events and their minute of arrival, epoch ms. */
export interface LedgerKey {
  readonly partition: number
  readonly minute: number
}

/** The outcomes of a batch's events, by partition and minute of arrival: accepted = stored + duplicates + dead_lettered. */
export class Ledger {
  readonly #accounts = new Map<string, Account>()

  /** @param duplicates number of events that repeat earlier ones */
  accepted(at: LedgerKey, count: number, duplicates: number): void {
    const account = this.#account(at)
    account.accepted += count
    account.duplicates += duplicates
    account.stored += count - duplicates
  }

  /** Moves events from stored to dead-lettered. */
  deadLettered(at: LedgerKey, count: number): void {
    const account = this.#account(at)
    account.stored -= count
    account.dead_lettered += count
  }

  /** Adds events that ingest rejected, by code. */
  rejected(at: LedgerKey, tally: Readonly<Record<string, number>>): void {
    for (const count of Object.values(tally)) this.#account(at).rejected += count
  }

  get empty(): boolean {
    return this.#accounts.size === 0
  }

  /** Rows of the `ledger` table. */
  rows(): Uint8Array[] {
    return [...this.#accounts].map(([key, account]) => {
      const [partition, minute] = key.split(':').map(Number)
      return Buffer.from(`${JSON.stringify({ partition, minute, ...account })}\n`)
    })
  }

  report(metrics: Metrics, group: string): void {
    let events = 0
    for (const account of this.#accounts.values()) {
      events += account.accepted
      metrics.eventsProcessed.inc({ group, outcome: 'stored' }, account.stored)
      metrics.eventsProcessed.inc({ group, outcome: 'duplicate' }, account.duplicates)
      metrics.eventsProcessed.inc({ group, outcome: 'dead_lettered' }, account.dead_lettered)
    }
    metrics.batchEvents.set({ group }, events)
  }

  #account({ partition, minute }: LedgerKey): Account {
    const key = `${partition}:${minute}`
    let account = this.#accounts.get(key)
    if (!account) {
      account = { accepted: 0, stored: 0, duplicates: 0, dead_lettered: 0, rejected: 0 }
      this.#accounts.set(key, account)
    }
    return account
  }
}
