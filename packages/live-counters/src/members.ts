const HOUR_MS = 3_600_000
/** Hours whose members are remembered: events that come later than that may be admitted anew. */
const HOURS_KEPT = 48

/**
 * Limits the values of a property that are counted apart in an hour of event time: the first ones, by order in the log. All breakdowns
 * by the property share them, so that both parts of a ratio have the same members.
 */
export interface MemberAdmission {
  /** Whether a value of the property is counted apart in the hour of a time. */
  of(property: string, time: number): (member: string) => boolean
}

export function createAdmission(membersPerHour: number): MemberAdmission {
  const hours = new Map<number, Map<string, Set<string>>>()

  const hourOf = (time: number) => {
    const start = Math.floor(time / HOUR_MS)
    const there = hours.get(start)
    if (there) return there
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
