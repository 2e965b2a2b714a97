/** How long a log keeps a record at least, ms. The last 2^20 events of a partition stay longer: repeats are recognised by them. */
export const LOG_RETENTION_MS = 7 * 24 * 3_600_000
