import { DAY_MS } from '@northstar/catalogue'
import type { Chance } from './chance.ts'
import { ScenarioImpossible } from './population.ts'
import type { Scenario } from './scenario.ts'

/** A day with fixed figures. Times are epoch ms. */
export interface FixedDay {
  readonly from: number
  readonly to: number
  readonly installs?: number
  readonly uses?: number
}

export const isOn = ({ from, to }: FixedDay, time: number) => time >= from && time < to

/** The fixed days of a week. @param launch of the first week; `start` and `end` are the week's, all in epoch ms */
export function fixedDays({ days }: Scenario, launch: number, start: number, end: number): readonly FixedDay[] {
  const all = days.map(({ day, ...figures }) => ({ ...figures, from: launch + day * DAY_MS, to: launch + (day + 1) * DAY_MS }))
  return all.filter(({ from }) => from >= start && from < end)
}

/** Moves times into or out of the fixed days until each day has its number. @param free the range of times */
export function fitTimes(
  times: readonly number[],
  days: readonly FixedDay[],
  free: { from: number; to: number },
  chance: Chance,
): number[] {
  const fitted = [...times]
  const isFixed = (time: number) => days.some(day => isOn(day, time))
  const between = (from: number, to: number) => from + chance.next() * (to - from)
  for (const day of days) {
    if (day.installs === undefined) continue
    const order = chance.shuffle(fitted.map((_, i) => i))
    const [inside, others] = [order.filter(i => isOn(day, fitted[i] ?? 0)), order.filter(i => !isFixed(fitted[i] ?? 0))]
    const missing = day.installs - inside.length
    if (missing > others.length) throw new ScenarioImpossible(`the week has fewer than ${day.installs} installations`)
    for (const i of others.slice(0, Math.max(0, missing))) fitted[i] = between(day.from, Math.min(day.to, free.to))
    for (const i of inside.slice(0, Math.max(0, -missing))) {
      let time = between(free.from, free.to)
      while (isFixed(time)) time = between(free.from, free.to)
      fitted[i] = time
    }
  }
  return fitted
}

/** A session that may be moved. Times are epoch ms. */
interface MovableSession {
  /** The earliest start; null for a session that cannot be moved. */
  readonly earliest: number | null
  readonly useTimes: readonly number[]
  readonly length: number
  moveTo(time: number): void
}

/** Moves whole sessions into or out of a day until it has its number of uses. @param latest the last start of a session in the week */
export function fitUses(sessions: readonly MovableSession[], day: FixedDay, latest: number, chance: Chance): void {
  if (day.uses === undefined) return
  let missing = day.uses - sessions.reduce((sum, { useTimes }) => sum + useTimes.filter(time => isOn(day, time)).length, 0)
  const sizeOf = ({ useTimes }: MovableSession) => useTimes.length
  const movable = chance.shuffle(sessions.filter(({ earliest, length }) => earliest !== null && earliest < day.to - length))
  const inside = movable.filter(({ useTimes }) => useTimes.every(time => isOn(day, time)))
  const outside = movable.filter(({ useTimes }) => !useTimes.some(time => isOn(day, time)))
  const leaving = inside.filter(() => day.to < latest)

  function move(list: MovableSession[], session: MovableSession): void {
    list.splice(list.indexOf(session), 1)
    const isEntering = list === outside
    const [from, to] = isEntering ? [Math.max(day.from, session.earliest ?? 0), day.to - session.length] : [day.to, latest]
    session.moveTo(from + chance.next() * (to - from))
    missing -= isEntering ? sizeOf(session) : -sizeOf(session)
  }

  while (missing !== 0) {
    const list = missing > 0 ? outside : leaving
    const fitting = list.find(session => sizeOf(session) <= Math.abs(missing))
    if (fitting) {
      move(list, fitting)
      continue
    }
    // The rest is smaller than any session, so one session enters and another one leaves.
    const pair = outside
      .flatMap(entering => leaving.map(out => [entering, out] as const))
      .find(([entering, out]) => sizeOf(entering) - sizeOf(out) === missing)
    if (!pair) throw new ScenarioImpossible(`no sessions of the week add up to ${day.uses} uses on a day`)
    move(outside, pair[0])
    move(leaving, pair[1])
  }
}
