import type { GroupMember, Membership } from '../consumer-parts.ts'
import { type Commit, PartitionLost } from '../port.ts'

/** A consumer group whose members live in this process. */
export interface Group {
  member(): GroupMember
}

interface MemberState {
  /** Set while the member waits for the other members to give up their partitions. */
  waiting: { readonly resolve: (membership: Membership) => void; readonly reject: (error: Error) => void } | undefined
  /** Asks the member to give up its partitions. */
  over: () => void
}

export function createGroup(partitions: number, commit: (partition: number, commit: Commit) => Promise<void>): Group {
  const members = new Set<MemberState>()
  let generation = 0

  function rebalance(): void {
    for (const each of members) each.over()
    if (members.size === 0 || [...members].some(({ waiting }) => !waiting)) return
    generation += 1
    const current = generation
    let index = 0
    for (const member of members) {
      const first = index
      const partitionsOfMember = Array.from({ length: partitions }, (_, partition) => partition).filter(
        partition => partition % members.size === first,
      )
      index += 1
      const over = new Promise<void>(resolve => {
        member.over = resolve
      })
      member.waiting?.resolve({
        partitions: partitionsOfMember,
        over,
        async commit(partition, committed) {
          if (generation !== current || !members.has(member)) throw new PartitionLost(partition)
          await commit(partition, committed)
        },
      })
      member.waiting = undefined
    }
  }

  return {
    member() {
      const own: MemberState = { waiting: undefined, over: () => {} }
      return {
        join: () =>
          new Promise((resolve, reject) => {
            own.waiting = { resolve, reject }
            members.add(own)
            rebalance()
          }),
        async leave() {
          own.waiting?.reject(new Error('the member has left'))
          own.waiting = undefined
          if (members.delete(own)) rebalance()
        },
      }
    },
  }
}
