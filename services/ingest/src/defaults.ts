export interface IngestConfig {
  /** The installation's secret, from which pseudonyms are derived: at least 16 bytes. */
  readonly secret: Uint8Array
  /** A key to accept besides the stored ones. */
  readonly writeKey?: string
  /** Largest body as it arrives, body unpacked, and event, bytes. */
  readonly maxBodyBytes: number
  readonly maxUnpackedBytes: number
  readonly maxEventBytes: number
  /** Largest number of events of one body. */
  readonly maxEvents: number
  /** How old an event may be, ms: the retention of the warehouse. */
  readonly maxAgeMs: number
  /** How long rows gather before they are written, ms: what a lone request waits for. */
  readonly flushMs: number
  /** How long they gather at most while earlier ones are being written, ms. */
  readonly gatherMs: number
  /** Largest log record, bytes. */
  readonly recordBytes: number
  /** Bytes of all bodies that are being worked on. Beyond it requests are answered 503. */
  readonly maxInFlightBytes: number
  /** How long the log may take over an append before the request is answered 503, ms. */
  readonly appendTimeoutMs: number
  /** Events a second that one write key may send to this process, unless the key has a limit of its own; 0 is no limit. */
  readonly eventsPerSecond: number
}

const MIB = 1024 * 1024
const DAY_MS = 86_400_000

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
