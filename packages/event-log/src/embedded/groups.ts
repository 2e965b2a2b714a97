import type { createDiskReserve } from '@northstar/runtime/disk'
import { type Commit, LogUnavailable } from '../port.ts'
import { createGroup, type Group } from './group.ts'
import type { Gate } from './rewriter.ts'
import type { Store } from './store.ts'

/** The log's consumer groups and their commits. */
export function createGroups(store: Store, gate: Gate, reserve: ReturnType<typeof createDiskReserve>) {
  const groups = new Map<string, Group>()

  async function commit(group: string, partition: number, committed: Commit): Promise<void> {
    const shortage = reserve.shortage()
    if (shortage) throw new LogUnavailable(shortage, { code: 'disk_full' })
    try {
      await gate.pass(() => store.commit(group, partition, { ...committed }))
    } catch (error) {
      throw new LogUnavailable('the commit could not be written', { cause: error })
    }
  }

  return {
    of(name: string): Group {
      const group = groups.get(name) ?? createGroup(store.partitions, (partition, committed) => commit(name, partition, committed))
      groups.set(name, group)
      return group
    },
    committed(name: string): ReadonlyMap<number, Commit> {
      const commits = new Map<number, Commit>()
      for (let partition = 0; partition < store.partitions; partition += 1) {
        const found = store.committed(name, partition)
        if (found) commits.set(partition, found)
      }
      return commits
    },
  }
}
