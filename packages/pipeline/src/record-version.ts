import type { EventLog } from '@northstar/event-log'

/** The log was written by an earlier version, whose records cannot be read. The message has the remedy. */
export class EarlierLog extends Error {
  readonly code = 'earlier_log'
  readonly retryable = false
  constructor() {
    super(
      'the event log has records of version 1, which this version cannot read: start with a new log. Embedded, delete the data folder ' +
        '(NORTHSTAR_DATA_DIR); with servers, delete the topic and the ClickHouse database, then run "northstar migrate"',
    )
    this.name = 'EarlierLog'
  }
}

/** Checks the oldest record of each partition. @throws {@link EarlierLog} */
export async function refuseEarlierLog(log: Pick<EventLog, 'bounds' | 'scan'>): Promise<void> {
  for (const { partition, earliest, next } of await log.bounds()) {
    if (earliest === next) continue
    for await (const { headers } of log.scan(partition, { offset: earliest })) {
      if (headers.v !== undefined && Buffer.from(headers.v).toString('latin1') === '1') throw new EarlierLog()
      break
    }
  }
}
