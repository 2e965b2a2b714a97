import { statfsSync } from 'node:fs'

export interface DiskReserve {
  /** The reason that nothing may be written now, for people; null while there is space. */
  shortage(): string | null
}

const MIB = 1024 * 1024
/** The larger reserve is for events, so that they are refused before state and counters, which must still process the accepted events. */
const RESERVES = { intake: { bytes: 256 * MIB, share: 0.05 }, stores: { bytes: 64 * MIB, share: 0.0125 } } as const
/** How long a result of `statfs` is cached, ms. */
const FRESH_MS = 100

/**
 * Keeps a part of the disk free: a refused write is retried by the caller, while a database may not recover from a full disk. On small disks
 * the reserve is a share of their size.
 */
export function createDiskReserve(folder: string, purpose: keyof typeof RESERVES): DiskReserve {
  const { bytes, share } = RESERVES[purpose]
  let checkedAt = Number.NEGATIVE_INFINITY
  let cached: string | null = null
  return {
    shortage() {
      if (performance.now() - checkedAt < FRESH_MS) return cached
      checkedAt = performance.now()
      const { bavail, blocks, bsize } = statfsSync(folder)
      const reserve = Math.min(bytes, blocks * bsize * share)
      const free = bavail * bsize
      const mib = (size: number) => `${Math.round(size / MIB)} MiB`
      cached = free >= reserve ? null : `the disk of ${folder} is full: ${mib(free)} are free, and ${mib(reserve)} are kept in reserve`
      return cached
    },
  }
}
