import { createBackoff, createSignal } from '@northstar/runtime/async'
import type { GroupMember } from '../consumer-parts.ts'
import type { Monitor } from '../monitor.ts'
import { type Commit, LogUnavailable, PartitionLost } from '../port.ts'
import { isFatal, isMembershipLost, protocolErrorType, reasonOf } from './errors.ts'
import type { Generation, GroupWire } from './group-wire.ts'

export interface MembershipOptions {
  readonly heartbeatMs: number
  /** How long a commit is retried, in ms. */
  readonly commitTimeoutMs: number
}

/** Sends heartbeats from one join to the next, also while handlers finish, so that the member stays in its consumer group. */
export function createMember(wire: GroupWire, options: MembershipOptions, monitor: Monitor): GroupMember {
  let stopBeating: () => void = () => {}

  function beat(generation: Generation): Promise<void> {
    const rest = createSignal()
    let ended = false
    stopBeating = () => {
      ended = true
      rest.notify()
    }
    return new Promise(over => {
      const backoff = createBackoff()
      const loop = async () => {
        let wait = options.heartbeatMs
        for (;;) {
          await rest.wait(wait)
          if (ended) return
          wait = options.heartbeatMs
          try {
            await wire.heartbeat(generation)
            monitor.ok('group')
            backoff.reset()
          } catch (error) {
            if (isMembershipLost(error) || isFatal(error)) {
              over()
              // While a rebalance waits for this member, its heartbeats still keep it in the group.
              if (protocolErrorType(error) !== 'REBALANCE_IN_PROGRESS') return
            } else {
              monitor.problem('group', reasonOf(error))
              wait = Math.min(backoff.next(), options.heartbeatMs)
            }
          }
        }
      }
      void loop()
    })
  }

  async function commit(generation: Generation, partition: number, commit: Commit): Promise<void> {
    const deadline = performance.now() + options.commitTimeoutMs
    const backoff = createBackoff()
    const pause = createSignal()
    for (;;) {
      try {
        // The commit is sent with the generation of the claim, never a later one, so that the broker can refuse a stale commit.
        await wire.commit(generation, partition, commit)
        return
      } catch (error) {
        if (isMembershipLost(error)) throw new PartitionLost(partition, { cause: error })
        if (isFatal(error) || performance.now() >= deadline) throw new LogUnavailable(reasonOf(error), { cause: error })
        await pause.wait(backoff.next())
      }
    }
  }

  return {
    async join() {
      stopBeating()
      const generation = await wire.join()
      return {
        partitions: generation.partitions,
        over: beat(generation),
        commit: (partition, committed) => commit(generation, partition, committed),
      }
    },
    async leave() {
      stopBeating()
      await wire.leave()
    },
  }
}
