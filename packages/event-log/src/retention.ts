/** How long a log keeps a record at least, ms. The last 2^20 events of a partition are kept longer, to recognise repeated events. */
export const LOG_RETENTION_MS = 7 * 24 * 3_600_000
