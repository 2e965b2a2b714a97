import type { GroupMember, Membership } from '../consumer.ts'
import { type Commit, PartitionLost } from '../port.ts'

/** A consumer group whose members live in this process. */
export interface Group {
  member(): GroupMember
}

interface Place {
  /** Set while the member waits for the others to give up their partitions. */
  waiting: { readonly resolve: (membership: Membership) => void; readonly reject: (error: Error) => void } | undefined
  /** Asks the member to give up what it has. */
  over: () => void
}

export function createGroup(partitions: number, commit: (partition: number, commit: Commit) => Promise<void>): Group {
  const places = new Set<Place>()
  let generation = 0

  function rebalance(): void {
    for (const place of places) place.over()
    if (places.size === 0 || [...places].some(place => !place.waiting)) return
    generation += 1
    const current = generation
    let index = 0
    for (const place of places) {
      const first = index
      const own = Array.from({ length: partitions }, (_, partition) => partition).filter(partition => partition % places.size === first)
      index += 1
      const over = new Promise<void>(resolve => {
        place.over = resolve
      })
      place.waiting?.resolve({
        partitions: own,
        over,
        async commit(partition, what) {
          if (generation !== current || !places.has(place)) throw new PartitionLost(partition)
          await commit(partition, what)
        },
      })
      place.waiting = undefined
    }
  }

  return {
    member() {
      const place: Place = { waiting: undefined, over: () => {} }
      return {
        join: () =>
          new Promise((resolve, reject) => {
            place.waiting = { resolve, reject }
            places.add(place)
            rebalance()
          }),
        async leave() {
          place.waiting?.reject(new Error('the member has left'))
          place.waiting = undefined
          if (places.delete(place)) rebalance()
        },
      }
    },
  }
}
