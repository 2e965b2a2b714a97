import { HOUR_MS, iso, lastDue, nextDue } from '@northstar/catalogue'
import type { StateStore } from '@northstar/state'
import type { Collector, Collectors } from './collectors-section.ts'
import { readDocument } from './documents.ts'
import { definitionOf } from './registry.ts'

/** Times are epoch ms. */
export interface CollectorStatus {
  readonly name: string
  readonly type: string
  /** The events that it sends. */
  readonly events: readonly string[]
  readonly nextAt: number
  /** The start of the last complete run; null before the first. */
  readonly freshAt: number | null
  readonly waitUntil: number | null
  readonly failing: { readonly since: number; readonly reason: string } | null
  /** The reason why its figures are unknown; null while they are fresh. */
  readonly unknown: string | null
  readonly tooOld: number
}

/** Reads the status of each collector from the state store, so any process can ask. */
export function readCollectorStatus(
  state: Pick<StateStore, 'get'>,
  { active }: Collectors,
  timezone: string,
  now: number,
): Promise<readonly CollectorStatus[]> {
  return Promise.all(
    [...active].map(async ([name, config]) => {
      const { freshAt = null, waitUntil = null, failing = null, tooOld } = (await readDocument(state, name)).value
      const nextAt = nextDue(config.schedule, now, timezone)
      const staleAfter = staleAfterOf(config, timezone, now)
      const isStale = freshAt === null || now - freshAt > staleAfter
      const waiting = waitUntil !== null && waitUntil > now
      const cause =
        failing?.reason ??
        (waiting
          ? `the source asks to wait until ${iso(waitUntil)}`
          : freshAt === null
            ? 'no run has finished'
            : 'no run has finished lately')
      const unknown = isStale ? `collector ${name} ${failing ? 'failed' : 'is late'}: ${cause}` : null
      return {
        name,
        type: config.type,
        events: eventsOf(config),
        nextAt,
        freshAt,
        waitUntil: waiting ? waitUntil : null,
        failing,
        unknown,
        tooOld,
      }
    }),
  )
}

/** The part of a collector's status by which its figures are known or not. */
export type Freshness = Pick<CollectorStatus, 'events' | 'freshAt' | 'unknown'>

/** Reads it of the collectors that run, and of those that once ran and are switched off: nothing has updated their figures since. */
export async function readFreshness(
  state: Pick<StateStore, 'get'>,
  collectors: Collectors,
  timezone: string,
  now: number,
): Promise<readonly Freshness[]> {
  const stopped = [...collectors.off].map(async ([name, { missing }]): Promise<readonly Freshness[]> => {
    const config = collectors.declared.get(name)
    const { freshAt } = (await readDocument(state, name)).value
    if (!config || freshAt === undefined) return []
    const isStale = now - freshAt > staleAfterOf(config, timezone, now)
    const unknown = isStale ? `collector ${name} is off: ${missing.join(', ')} ${missing.length === 1 ? 'has' : 'have'} no value` : null
    return [{ events: eventsOf(config), freshAt, unknown }]
  })
  return [...(await readCollectorStatus(state, collectors, timezone, now)), ...(await Promise.all(stopped)).flat()]
}

/** The age of the last complete run from which a collector's figures are unknown, ms. */
const staleAfterOf = ({ stale_after, schedule }: Collector, timezone: string, now: number): number =>
  stale_after ?? Math.max(HOUR_MS, 2 * (nextDue(schedule, now, timezone) - lastDue(schedule, now, timezone)))

/** The collectors in the form by which queries find figures that are unknown; none without a heartbeat. */
export const collectedFrom = ({ heartbeat, declared }: Collectors, timezone: string, now: number) =>
  heartbeat === undefined
    ? []
    : [...declared].map(([collector, config]) => ({
        collector,
        heartbeat,
        events: eventsOf(config),
        staleAfterMs: staleAfterOf(config, timezone, now),
      }))

const eventsOf = (config: Collector): readonly string[] => [
  ...new Set(
    definitionOf(config)
      .sends(config)
      .map(({ event }) => event),
  ),
]

/** The events that any collector sends, whether it runs or not. */
export const collectedEvents = ({ declared }: Collectors): ReadonlySet<string> => new Set([...declared.values()].flatMap(eventsOf))

/** The reason why a figure is unknown, and since when: epoch ms, null if it was never known. */
export interface Unknown {
  readonly since: number | null
  readonly reason: string
}

/**
 * Returns why a metric's value at a time is unknown: a collector of its events has not finished lately. Null if it is known.
 * @param events those that the metric reads
 */
export function unknownAt(events: readonly string[], at: number, statuses: readonly Freshness[]): Unknown | null {
  const stale = statuses.find(status => status.unknown !== null && status.events.some(event => events.includes(event)))
  if (!stale?.unknown || (stale.freshAt !== null && stale.freshAt >= at)) return null
  return { since: stale.freshAt, reason: stale.unknown }
}
