import { mkdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type EventLog, type LogRecord, LogUnavailable, type StoredRecord } from '@northstar/event-log'

/** Stands in until the embedded log is there: one file, synced at every append. */
export async function openTestLog(folder: string): Promise<EventLog> {
  mkdirSync(folder, { recursive: true })
  const file: FileHandle = await open(`${folder}/log`, 'a')
  const records: StoredRecord[] = []
  let closed = false
  const absent = () => {
    throw new Error('not here')
  }
  return {
    partitions: 3,
    async append(added: readonly LogRecord[]) {
      if (closed) throw new LogUnavailable('it is closed')
      for (const record of added) await file.write(record.value)
      await file.sync()
      for (const record of added) records.push({ ...record, offset: records.length, appendedAt: Date.now() })
    },
    async *scan(partition) {
      for (const record of records) if (record.partition === partition) yield record
    },
    consume: absent,
    bounds: absent,
    commits: absent,
    health: async () => ({ healthy: !closed, reason: '' }),
    async close() {
      if (closed) return
      closed = true
      await file.close()
    },
  }
}
