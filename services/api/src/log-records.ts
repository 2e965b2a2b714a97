import { derived, iso, parseInstant, sensitiveProperties, type TrackingPlan } from '@northstar/catalogue'
import type { EventLog, StoredRecord } from '@northstar/event-log'
import { decodeEvents, decodeHead, rowsOf } from '@northstar/events'
import { api, type LogPage } from '@northstar/http-api'
import { badValue, type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'

export interface LogRecordsDeps {
  readonly log: EventLog
  readonly timezone: string
  readonly plan: TrackingPlan
}

/** The events of the log, record by record. */
export function logRecordsRoutes({ log, timezone, plan }: LogRecordsDeps): FastifyPluginAsync {
  const sensitive = derived(plan, sensitiveProperties)
  return async fastify => {
    handle(fastify, api.operations.log, async ({ params: { partition }, query: { from, limit }, caller }): Promise<LogPage> => {
      const bounds = (await log.bounds()).find(each => each.partition === partition)
      if (!bounds) throw new HttpProblem({ status: 404, detail: `Partition ${partition} does not exist: the log has ${log.partitions}.` })
      const start = startOf(from, timezone) ?? { offset: bounds.earliest }
      const events: LogPage['events'][number][] = []
      let next = 'offset' in start ? Math.min(Math.max(start.offset, bounds.earliest), bounds.next) : bounds.next
      if (!('offset' in start) || start.offset < bounds.next) {
        for await (const record of log.scan(partition, start)) {
          events.push(...eventsOfRecord(record, caller.sensitive ? NOTHING : sensitive()))
          next = record.offset + 1
          if (events.length >= limit) break
        }
      }
      return { partitions: log.partitions, events, next }
    })
  }
}

/** Parses an offset or a time. Undefined means the oldest record. */
function startOf(from: string | undefined, timezone: string): { offset: number } | { time: number } | undefined {
  if (from === undefined) return undefined
  if (/^\d{1,15}$/.test(from)) return { offset: Number(from) }
  const time = parseInstant(from, timezone)
  if (time === null) {
    throw badValue('from', '`from`: expected an offset, a date such as 2026-01-15, or an RFC 3339 time.')
  }
  return { time }
}

/** Callers who may see sensitive properties have no properties withheld. */
const NOTHING: ReadonlySet<string> = new Set()

function eventsOfRecord(record: StoredRecord, withheld: ReadonlySet<string>): LogPage['events'] {
  const { partition, offset, appendedAt, headers, value, fault } = record
  const location = { partition, offset, appended_at: iso(appendedAt) }
  const head = decodeHead(headers)
  if (fault) return [{ ...location, damage: fault }]
  if (head.outcome === 'damaged') return [{ ...location, damage: head.reason }]
  const { count, ids, quarantine } = head.value
  // A tally of rejected events has no events.
  if (count === 0) return []
  const events = decodeEvents(value, count)
  if (events.outcome === 'damaged') return [{ ...location, damage: events.reason }]
  return rowsOf(events.value, ids).map(({ event, timestamp, received_at, ...fields }) => ({
    ...location,
    event,
    timestamp: iso(timestamp),
    received_at: iso(received_at),
    ...(quarantine && { quarantined: true }),
    ...Object.fromEntries(
      Object.entries(fields).filter(([name]) => !(withheld.has(name) || (quarantine && withheld !== NOTHING && name === 'properties'))),
    ),
  }))
}
