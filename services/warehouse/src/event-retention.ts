import { lastDue, nextDue, type TrackingPlan } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import type { ScheduledJob } from '@northstar/runtime'

const DAY_MS = 86_400_000
const DAILY = { at: '03:40' }
/** Counting and deleting read a month of rows at most for each kind. */
const TIMEOUT_MS = 10 * 60_000

/**
 * The scheduled job that deletes the events of kinds that the plan keeps for less time than others. Parts hold all kinds of a month, so the
 * engine's own ageing, which drops whole parts, cannot. What metrics follow from opening to closing stays in `durable_events`.
 */
export function createEventRetentionJob(deps: {
  readonly plan: Pick<TrackingPlan, 'events'>
  readonly warehouse: Pick<Warehouse, 'query' | 'deleteRows'>
  readonly now: () => number
}): ScheduledJob {
  const { plan, warehouse, now } = deps
  const kept = () =>
    [...plan.events.values()].flatMap(({ name, retentionDays }) => (retentionDays === undefined ? [] : [{ name, retentionDays }]))
  return {
    name: 'event-retention',
    lastDue: at => lastDue(DAILY, at, 'UTC'),
    nextDue: after => nextDue(DAILY, after, 'UTC'),
    usefulMs: DAY_MS,
    async run() {
      const conditions = kept().map(({ name, retentionDays }) => {
        // Names of events are lower-case words.
        return `(event = '${name}' AND timestamp < fromUnixTimestamp64Milli(${now() - retentionDays * DAY_MS}))`
      })
      if (conditions.length === 0) return
      const expired = conditions.join(' OR ')
      const [found] = await warehouse.query<{ n: number }>(`SELECT count() AS n FROM events WHERE ${expired}`, { timeoutMs: TIMEOUT_MS })
      // A deletion writes the parts anew that have such rows.
      if (Number(found?.n ?? 0) > 0) await warehouse.deleteRows('events', expired)
    },
  }
}
