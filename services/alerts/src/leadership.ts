import { type Lease, type PutOptions, StateConflict, type StateStore } from '@northstar/state'

export interface LeadershipConfig {
  readonly state: StateStore
  /** The lease's name in the store. */
  readonly name: string
  readonly holder: string
  readonly leaseMs: number
  readonly now: () => number
  /** A process whose clock was set does not lead for a while. Default: always steady. */
  readonly isSteady?: (() => boolean) | undefined
}

export interface Leadership {
  /** Acquires the lease, or renews it when half of it has passed. After `gained` earlier state in memory is invalid; `unsteady` means that it was released because the clock was set. */
  hold(): Promise<'gained' | 'held' | 'lost' | 'unsteady' | 'none'>
  /** Options of a write that fails once another process has become the leader. @throws StateConflict when this process is not the leader */
  fence(): PutOptions
  /** Whether this process has the lease, and it has not run out. */
  isValid(): boolean
  /** Forgets the lease, which stays in the store until it expires. */
  abandon(): void
  /** Releases the lease. */
  release(): Promise<void>
  readonly leads: boolean
}

/** Leader election by a lease. */
export function createLeadership({ state, name, holder, leaseMs, now, isSteady = () => true }: LeadershipConfig): Leadership {
  let lease: Lease | null = null
  let until = 0
  /** Remaining time of the lease, ms; 0 after its end, or if the clock was set back. */
  const remaining = () => {
    const ms = until - now()
    return ms > 0 && ms <= leaseMs ? ms : 0
  }

  async function release(): Promise<void> {
    const released = lease
    lease = null
    await released?.release()
  }

  return {
    async hold() {
      if (!isSteady()) {
        if (!lease) return 'none'
        await release()
        return 'unsteady'
      }
      if (lease && remaining() > leaseMs / 2) return 'held'
      const startedAt = now()
      if (!lease) {
        lease = await state.acquire(name, holder, leaseMs)
        if (!lease) return 'none'
        until = startedAt + leaseMs
        return 'gained'
      }
      if (await lease.renew()) {
        until = startedAt + leaseMs
        return 'held'
      }
      lease = null
      return 'lost'
    },
    fence() {
      if (!lease) throw new StateConflict(name)
      return { lease: { name, token: lease.token } }
    },
    isValid: () => lease !== null && remaining() > 0,
    abandon() {
      lease = null
    },
    release,
    get leads() {
      return lease !== null
    },
  }
}
