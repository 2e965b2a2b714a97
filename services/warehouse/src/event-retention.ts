import { DAY_MS, lastDue, nextDue, type TrackingPlan } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import type { ScheduledJob } from '@northstar/runtime'

const DAILY = { at: '03:40' }
/** Time-out of the statements, which read up to a month of rows for each kind. */
const TIMEOUT_MS = 10 * 60_000

/**
 * The scheduled job that deletes events of kinds with their own, shorter retention. The engine's TTL
 * drops only whole parts of the table, and a part has all kinds of a month. Events of items that metrics follow until they are closed are kept in `durable_events`.
 */
export function createEventRetentionJob(deps: {
  readonly plan: Pick<TrackingPlan, 'events'>
  readonly warehouse: Pick<Warehouse, 'query' | 'deleteRows'>
  readonly now: () => number
}): ScheduledJob {
  const { plan, warehouse, now } = deps
  const retentions = () =>
    [...plan.events.values()].flatMap(({ name, retentionDays }) => (retentionDays === undefined ? [] : [{ name, retentionDays }]))
  return {
    name: 'event-retention',
    lastDue: at => lastDue(DAILY, at, 'UTC'),
    nextDue: after => nextDue(DAILY, after, 'UTC'),
    usefulMs: DAY_MS,
    async run() {
      const conditions = retentions().map(({ name, retentionDays }) => {
        // Event names are lower-case words, so they need no quoting.
        return `(event = '${name}' AND timestamp < fromUnixTimestamp64Milli(${now() - retentionDays * DAY_MS}))`
      })
      if (conditions.length === 0) return
      const expired = conditions.join(' OR ')
      const [found] = await warehouse.query<{ n: number }>(`SELECT count() AS n FROM events WHERE ${expired}`, { timeoutMs: TIMEOUT_MS })
      // A deletion rewrites parts of the table even if no row is deleted.
      if (Number(found?.n ?? 0) > 0) await warehouse.deleteRows('events', expired)
    },
  }
}
