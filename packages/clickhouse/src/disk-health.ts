import { messageOf } from '@northstar/runtime/async'
import type { Warehouse } from './port.ts'

/** Free space, as a share of the disk, below which the warehouse is unhealthy. */
const MIN_FREE_SPACE = 0.05

/** Checks whether the engine answers and its disks have free space. */
export async function checkHealth(query: Warehouse['query']): ReturnType<Warehouse['health']> {
  try {
    const [disk] = await query<{ free: number; total: number }>(
      'SELECT min(free_space) AS free, argMin(total_space, free_space) AS total FROM system.disks',
      { timeoutMs: 5_000 },
    )
    const share = disk === undefined || disk.total === 0 ? 1 : disk.free / disk.total
    if (share >= MIN_FREE_SPACE) return { healthy: true, reason: 'answers' }
    const reason = `only ${(share * 100).toFixed(1)}% of the disk is free: on a full disk inserts and deletions fail`
    // Reads go on. A consumer whose inserts fail reports that by itself.
    return { healthy: false, blocking: false, reason }
  } catch (error) {
    return { healthy: false, reason: messageOf(error) }
  }
}
