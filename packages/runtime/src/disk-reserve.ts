import { statfsSync } from 'node:fs'

export interface DiskReserve {
  /** Why nothing may be written now, as a sentence for a person; null while there is room. */
  shortage(): string | null
}

const MIB = 1024 * 1024
/** Events are refused before state and counters are, which still have to follow what was accepted. */
const RESERVES = { intake: { bytes: 256 * MIB, share: 0.05 }, stores: { bytes: 64 * MIB, share: 0.0125 } } as const
/** How long an answer of the file system is used, in ms. */
const FRESH_MS = 100

/**
 * Keeps a part of the disk free: a database that meets a full disk loses its way, where a refusal is repeated by the caller. Small disks
 * keep a share of themselves.
 */
export function createDiskReserve(folder: string, purpose: keyof typeof RESERVES): DiskReserve {
  const { bytes, share } = RESERVES[purpose]
  let askedAt = Number.NEGATIVE_INFINITY
  let answer: string | null = null
  return {
    shortage() {
      if (performance.now() - askedAt < FRESH_MS) return answer
      askedAt = performance.now()
      const { bavail, blocks, bsize } = statfsSync(folder)
      const reserve = Math.min(bytes, blocks * bsize * share)
      const free = bavail * bsize
      const mib = (size: number) => `${Math.round(size / MIB)} MiB`
      answer = free >= reserve ? null : `the disk of ${folder} is full: ${mib(free)} are free, and ${mib(reserve)} are kept in reserve`
      return answer
    },
  }
}
