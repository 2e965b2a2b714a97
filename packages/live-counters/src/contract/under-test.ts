import type { LiveCounters } from '../index.ts'

/** Opens the counters under test. */
export interface CountersUnderTest {
  /** Opens empty counters with a number of partitions. */
  open(partitions: number, now: () => number): Promise<OpenCounters>
}

export interface OpenCounters {
  readonly counters: LiveCounters
  /** The same counters over another connection; the same object if the adapter serves only one process. */
  readonly other: LiveCounters
  close(): Promise<void>
}
