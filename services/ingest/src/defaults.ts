import { DAY_MS } from '@northstar/catalogue'
export interface IngestConfig {
  /** The installation's secret, from which pseudonyms are derived: at least 16 bytes. */
  readonly secret: Uint8Array
  /** A key to accept besides the stored ones. */
  readonly writeKey?: string
  /** Maximum size of a body as received, of an unpacked body, and of an event, bytes. */
  readonly maxBodyBytes: number
  readonly maxUnpackedBytes: number
  readonly maxEventBytes: number
  /** Maximum number of events in a body. */
  readonly maxEvents: number
  /** Maximum age of an event, ms: the retention of the warehouse. */
  readonly maxAgeMs: number
  /** How long rows gather before they are written, ms: the wait of a lone request. */
  readonly flushMs: number
  /** Maximum time that they gather while earlier rows are being written, ms. */
  readonly gatherMs: number
  /** Maximum size of a log record, bytes. */
  readonly recordBytes: number
  /** Maximum size of all bodies in flight, bytes. Requests beyond it get 503. */
  readonly maxInFlightBytes: number
  /** Time-out of an append, ms. The request then gets 503. */
  readonly appendTimeoutMs: number
  /** Quota of a write key at this process, events a second, unless the key has its own; 0: none. */
  readonly eventsPerSecond: number
}

const MIB = 1024 * 1024

export const INGEST_DEFAULTS: Omit<IngestConfig, 'secret'> = {
  maxBodyBytes: 5 * MIB,
  maxUnpackedBytes: 20 * MIB,
  maxEventBytes: 64 * 1024,
  maxEvents: 50_000,
  maxAgeMs: 730 * DAY_MS,
  flushMs: 3,
  gatherMs: 20,
  recordBytes: 256 * 1024,
  maxInFlightBytes: 64 * MIB,
  appendTimeoutMs: 10_000,
  eventsPerSecond: 100_000,
}
