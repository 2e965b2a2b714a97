import type { Aggregate } from './aggregate.ts'
import { bucketKey, bucketStart, RESOLUTIONS } from './buckets.ts'
import { aggregateCode, GROUP_LENGTH, parseField } from './fields.ts'
import type { LiveCounters } from './port.ts'
import type { Position } from './position.ts'
import { OTHER } from './tallies.ts'

const HOURS = RESOLUTIONS[2]
const HOUR_MS = HOURS.lengthMs
/** Maximum in one partition: a breakdown over all partitions may have several times as many. */
const MEMBERS_PER_HOUR = 500
/** Number of hours whose members are remembered. Later events of an older hour may admit its members again. */
const HOURS_KEPT = 48

/**
 * Limits the values of a property that are counted separately in an hour of event time: the first ones in the order of the log. All breakdowns
 * by the property share them, so that both parts of a ratio have the same members.
 */
export interface MemberAdmission {
  /** Returns a function that says whether a value of the property is counted separately in the hour of `time`. */
  of(property: string, time: number): (member: string) => boolean
}

export function createAdmission(membersPerHour = MEMBERS_PER_HOUR): MemberAdmission {
  const hours = new Map<number, Map<string, Set<string>>>()

  const hourOf = (time: number) => {
    const start = Math.floor(time / HOUR_MS)
    const known = hours.get(start)
    if (known) return known
    const hour = new Map<string, Set<string>>()
    hours.set(start, hour)
    if (hours.size > HOURS_KEPT) hours.delete(Math.min(...hours.keys()))
    return hour
  }

  return {
    of(property, time) {
      const hour = hourOf(time)
      const admitted = hour.get(property) ?? new Set<string>()
      hour.set(property, admitted)
      return member => {
        if (admitted.has(member)) return true
        if (admitted.size >= membersPerHour) return false
        admitted.add(member)
        return true
      }
    },
  }
}

/** Reads the members that a partition's counters have already admitted, so that a restart does not admit as many again. */
export async function readAdmission(
  counters: Pick<LiveCounters, 'totals'>,
  partition: number,
  position: Position | null,
  aggregates: readonly Aggregate[],
  admission: MemberAdmission = createAdmission(),
): Promise<MemberAdmission> {
  const properties = new Map(aggregates.flatMap(one => (one.by === undefined ? [] : [[aggregateCode(one), one.by]])))
  if (!position || properties.size === 0) return admission
  // Senders' clocks may be ahead.
  const last = bucketStart(HOURS, position.lastAt) + HOUR_MS
  for (let hour = last - (HOURS_KEPT - 1) * HOUR_MS; hour <= last; hour += HOUR_MS) {
    const totals = await counters.totals([bucketKey(HOURS, hour)], [...properties.keys()], partition)
    for (const field of totals.keys()) {
      const { member } = parseField(field)
      if (member !== undefined && member !== OTHER) admission.of(properties.get(field.slice(0, GROUP_LENGTH)) ?? '', hour)(member)
    }
  }
  return admission
}
