export interface IngestConfig {
  /** A key to accept besides the stored ones. */
  readonly writeKey?: string
  /** The most bytes of a body as it comes, of a body unpacked, and of one event. */
  readonly maxBodyBytes: number
  readonly maxUnpackedBytes: number
  readonly maxEventBytes: number
  /** The most events of one body. */
  readonly maxEvents: number
  /** How old an event may be, ms. */
  readonly maxAgeMs: number
  /** How long rows gather before they are written, ms: what a lone request waits for. */
  readonly flushMs: number
  /** How long they gather at most while earlier ones are being written, ms. */
  readonly gatherMs: number
  /** The most bytes of one log record. */
  readonly chunkBytes: number
  /** Bodies being worked on, together, in bytes. Beyond it requests are sent away with 503. */
  readonly maxInFlightBytes: number
  /** How long the log may take over an append before the request is answered 503, ms. */
  readonly appendTimeoutMs: number
  /** Events a second that one write key may send, unless the key has its own limit; 0 is no limit. */
  readonly eventsPerSecond: number
}

const MIB = 1024 * 1024

export const INGEST_DEFAULTS: IngestConfig = {
  maxBodyBytes: 5 * MIB,
  maxUnpackedBytes: 20 * MIB,
  maxEventBytes: 64 * 1024,
  maxEvents: 50_000,
  maxAgeMs: 730 * 86_400_000,
  flushMs: 3,
  gatherMs: 20,
  chunkBytes: 256 * 1024,
  maxInFlightBytes: 64 * MIB,
  appendTimeoutMs: 10_000,
  eventsPerSecond: 0,
}
