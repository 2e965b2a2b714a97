/** The part of the state store that holds leases. */
export interface LeaseStore {
  readonly put: (
    key: string,
    value: unknown,
    options?: { readonly ifVersion?: number; readonly lease?: { readonly name: string; readonly token: number } },
  ) => Promise<number>
  acquire(name: string, holder: string, ttlMs: number): Promise<StoredLease | null>
}

export interface StoredLease {
  readonly token: number
  renew(): Promise<boolean>
  release(): Promise<void>
}

export type LeasePut = (key: string, value: unknown, options?: { readonly ifVersion?: number }) => Promise<unknown>

/** A lease that one process among its replicas holds. Its token fences every write. */
export interface HeldLease {
  isHeld(): boolean
  /** Renews or acquires the lease; false while another process holds it. */
  hold(): Promise<boolean>
  /** Writes a document. Rejects once another process has the lease. */
  readonly put: LeasePut
  /** Renews the lease during long work, so that no replica begins the same. */
  keepDuring<T>(work: () => Promise<T>): Promise<T>
  /** Acquires it anew at the next {@link HeldLease.hold}. */
  drop(): void
  release(): Promise<void>
}

/** How long a process that died keeps others waiting, ms. A restarted one with the same holder has the lease at once. */
const LEASE_MS = 15_000

/** @param holder identifies this process among its replicas */
export function createLease(store: LeaseStore, name: string, holder: string, ttlMs = LEASE_MS): HeldLease {
  let held: StoredLease | null = null
  return {
    isHeld: () => held !== null,

    async hold() {
      if (held && !(await held.renew())) held = null
      held ??= await store.acquire(name, holder, ttlMs)
      return held !== null
    },

    async put(key, value, options) {
      if (held) await store.put(key, value, { ...options, lease: { name, token: held.token } })
    },

    async keepDuring(work) {
      const renewing = setInterval(() => void held?.renew().catch(() => {}), ttlMs / 3)
      try {
        return await work()
      } finally {
        clearInterval(renewing)
      }
    },

    drop() {
      held = null
    },

    async release() {
      await held?.release().catch(() => {})
      held = null
    },
  }
}
