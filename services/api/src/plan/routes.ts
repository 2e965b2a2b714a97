import { iso, type TrackingPlan } from '@northstar/catalogue'
import { EMPTY_TALLY, mergeTallies, type ViolatingEvent, type ViolationTally } from '@northstar/events'
import { api, type ReloadAnswer, type UnknownAnswer } from '@northstar/http-api'
import { CONFIGURED_KEY, type FastifyPluginAsync, handle, listWriteKeys, VIOLATIONS } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { suggestPlan } from './suggest.ts'

export interface PlanDeps {
  readonly plan: TrackingPlan
  readonly state: StateStore
  readonly now: () => number
  /** Reloads the plan's file and makes all processes use it. */
  readonly reloadPlan: () => Promise<ReloadAnswer>
}

interface KeyTally {
  readonly key: string
  readonly tally: ViolationTally
}

/** Events that violate the tracking plan, and suggested lines that would allow them. */
export function planRoutes({ plan, state, now, reloadPlan }: PlanDeps): FastifyPluginAsync {
  async function tallies(): Promise<readonly KeyTally[]> {
    const [found, keys] = await Promise.all([state.list<ViolationTally>(VIOLATIONS), listWriteKeys(state)])
    const names = new Map<string, string>([[CONFIGURED_KEY, 'configured key'], ...keys.map(({ id, name }) => [id, name] as const)])
    return found.map(({ key, value }) => {
      const id = key.slice(VIOLATIONS.length)
      return { key: names.get(id) ?? id, tally: withoutKnown(value, plan) }
    })
  }

  const merged = (all: readonly KeyTally[]) => all.reduce((sum, { tally }) => mergeTallies(sum, tally, now()), EMPTY_TALLY)

  return async fastify => {
    handle(fastify, api.plan.reload, reloadPlan)

    handle(fastify, api.plan.unknown, async () => {
      const all = await tallies()
      const { events, others } = merged(all)
      const keysOf = (event: string) => all.filter(({ tally }) => Object.hasOwn(tally.events, event)).map(({ key }) => key)
      const listed = Object.entries(events).toSorted(([, a], [, b]) => b.lastAt - a.lastAt)
      return { events: listed.map(([name, event]) => viewOf(name, event, plan, keysOf(name))), others }
    })

    handle(fastify, api.plan.suggestion, async ({ caller }) => ({
      yaml: suggestPlan(merged(await tallies()), plan, caller.sensitive),
    }))
  }
}

/** Leaves out unknown events and properties that the plan now declares. */
function withoutKnown({ events, others }: ViolationTally, plan: TrackingPlan): ViolationTally {
  const left = Object.entries(events).flatMap(([name, event]): [string, ViolatingEvent][] => {
    const kind = plan.events.get(name)
    const all = Object.entries(event.properties)
    const properties = all.filter(([property, { code }]) => !code.startsWith('unknown_') || !kind?.properties.has(property))
    if (kind && properties.every(([, { code }]) => code === 'unknown_event')) return []
    return [[name, { ...event, properties: Object.fromEntries(properties) }]]
  })
  return { events: Object.fromEntries(left), others }
}

function viewOf(name: string, event: ViolatingEvent, plan: TrackingPlan, keys: readonly string[]): UnknownAnswer['events'][number] {
  const { rejected, quarantined, flagged, firstAt, lastAt, properties } = event
  return {
    event: name,
    declared: plan.events.has(name),
    keys,
    rejected,
    quarantined,
    flagged,
    first_at: iso(firstAt),
    last_at: iso(lastAt),
    properties: Object.entries(properties).map(([property, found]) => ({
      property,
      code: found.code,
      count: found.count,
      first_at: iso(found.firstAt),
      last_at: iso(found.lastAt),
    })),
  }
}
