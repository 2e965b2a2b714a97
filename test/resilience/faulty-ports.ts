import { type Warehouse, WarehouseUnavailable } from '@northstar/clickhouse'
import { type EventLog, LogUnavailable, type PartitionClaim } from '@northstar/event-log'
import { CountersUnavailable, type LiveCounters } from '@northstar/live-counters'
import type { Stores } from '../support/stores.ts'

/**
 * The fault at the step. `stop…`: the process ends before the store has done its work, or after it but before the service knows.
 * `late`: the process ends, and its request takes effect long after another process has continued. `unavailable…`: the store reports
 * that it is unavailable, without having done its work or although it has.
 */
export const FAULTS = ['stop before', 'stop after', 'late', 'unavailable before', 'unavailable after'] as const
export type FaultKind = (typeof FAULTS)[number]

export interface Fault {
  readonly step: string
  /** At the nth time that the service comes to the step. */
  readonly nth: number
  readonly kind: FaultKind
}

export interface FaultyPorts {
  readonly log: EventLog
  readonly warehouse: Warehouse
  readonly counters: LiveCounters
  /** Whether the fault has happened. */
  readonly happened: boolean
  /** Completes the request of a `late` fault; its outcome is ignored. */
  arriveLate(): Promise<void>
}

class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** The real ports with one fault. After a stop no call takes effect or returns, as for a process that has ended. */
export function faultyPorts({ log, warehouse, counters }: Stores, fault: Fault): FaultyPorts {
  let left = fault.nth
  let stopped = false
  let onItsWay: () => Promise<unknown> = async () => {}
  let happened = false
  let stop: (error: Error) => void = () => {}
  const stopping = new Promise<never>((_, reject) => {
    stop = reject
  })
  stopping.catch(() => {})
  const never = () => new Promise<never>(() => {})

  async function at<T>(step: string, work: () => Promise<T>, unavailable: () => Error): Promise<T> {
    if (stopped) return never()
    if (step !== fault.step || --left !== 0) {
      const result = await work()
      return stopped ? never() : result
    }
    // The answer to a refused call may be lost too.
    if (fault.kind === 'stop after' || fault.kind === 'unavailable after') await work().catch(() => {})
    if (fault.kind === 'late') onItsWay = work
    happened = true
    if (fault.kind.startsWith('unavailable')) throw unavailable()
    stopped = true
    stop(new Stopped('the process is gone'))
    return never()
  }

  const faultyClaim = (claim: PartitionClaim): PartitionClaim => ({
    ...claim,
    read(offset) {
      const reader = claim.read(offset)
      return {
        takeHoles: () => reader.takeHoles(),
        next: limit =>
          at(
            'read',
            () => reader.next(limit),
            () => new LogUnavailable('a fault'),
          ),
      }
    },
    commit: commit =>
      at(
        commitStep(commit),
        () => claim.commit(commit),
        () => new LogUnavailable('a fault'),
      ),
  })

  return {
    // The handler of a process that is gone must not hold the partition; the real consumer gives it up.
    log: {
      ...log,
      consume: options => log.consume({ ...options, run: claim => Promise.race([options.run(faultyClaim(claim)), stopping]) }),
    },
    warehouse: {
      ...warehouse,
      insert: (table, rows, token) =>
        at(
          `insert ${table}`,
          () => warehouse.insert(table, rows, token),
          () => new WarehouseUnavailable('a fault'),
        ),
      insertBlock: (table, block, token) =>
        at(
          `insert ${table}`,
          () => warehouse.insertBlock(table, block, token),
          () => new WarehouseUnavailable('a fault'),
        ),
    },
    counters: {
      ...counters,
      position: partition =>
        at(
          'position',
          () => counters.position(partition),
          () => new CountersUnavailable('a fault'),
        ),
      apply: (...call) =>
        at(
          'apply',
          () => counters.apply(...call),
          () => new CountersUnavailable('a fault'),
        ),
    },
    get happened() {
      return happened
    },
    async arriveLate() {
      await onItsWay().catch(() => {})
    },
  }
}

/** The warehouse's commits name the range that is under way; where it is empty, nothing is. */
function commitStep({ offset, metadata }: { readonly offset: number; readonly metadata: string }): string {
  if (metadata === '') return 'commit'
  return (JSON.parse(metadata) as { to: number }).to === offset ? 'complete' : 'announce'
}
