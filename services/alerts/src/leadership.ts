import { type Lease, type PutOptions, StateConflict, type StateStore } from '@northstar/state'

export interface LeadershipConfig {
  readonly state: StateStore
  /** The lease's name in the store. */
  readonly name: string
  readonly holder: string
  readonly leaseMs: number
  readonly now: () => number
}

export interface Leadership {
  /** Takes or prolongs the lease when it is time. `gained`: what memory knew before is void. Rejects as the store does. */
  hold(): Promise<'gained' | 'held' | 'lost' | 'none'>
  /** Makes a write fail once another one has led. @throws StateConflict when this process does not lead */
  fence(): PutOptions
  /** @throws StateConflict when the lease may have run out meanwhile */
  assertHeld(): void
  /** Forgets the lease, which stays in the store until it runs out. */
  abandon(): void
  /** Releases the lease. */
  release(): Promise<void>
  readonly leads: boolean
}

/** One process among its replicas leads: the holder of a lease. */
export function createLeadership({ state, name, holder, leaseMs, now }: LeadershipConfig): Leadership {
  let lease: Lease | null = null
  let until = 0

  return {
    async hold() {
      if (lease && now() < until - leaseMs / 2) return 'held'
      const askedAt = now()
      if (!lease) {
        lease = await state.acquire(name, holder, leaseMs)
        if (!lease) return 'none'
        until = askedAt + leaseMs
        return 'gained'
      }
      if (await lease.renew()) {
        until = askedAt + leaseMs
        return 'held'
      }
      lease = null
      return 'lost'
    },
    fence() {
      if (!lease) throw new StateConflict(name)
      return { lease: { name, token: lease.token } }
    },
    assertHeld() {
      if (now() >= until) throw new StateConflict(name)
    },
    abandon() {
      lease = null
    },
    async release() {
      const released = lease
      lease = null
      await released?.release()
    },
    get leads() {
      return lease !== null
    },
  }
}
