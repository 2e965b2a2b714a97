import type { TrackingPlan } from '@northstar/catalogue'
import { EMPTY_TALLY, mergeTallies, type Rejection, tallyOf, type ViolationOutcome, type ViolationTally } from '@northstar/events'
import { type Logger, violationsDocument } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'
import { createPeriodicWrite, type PeriodicWrite } from './periodic-write.ts'

const WRITE_MS = 2_000
/** Number of violating events of a body that are examined; further ones are only counted. */
const MAX_SAMPLED = 20

export interface BodyViolations {
  add(event: unknown, violation: Rejection, outcome: ViolationOutcome): void
  /** Ends the body. */
  end(): void
}

/** Tallies violations of the plan by write key, and stores the tallies every few seconds. */
export interface Violations extends PeriodicWrite {
  /** @param key the id of the write key */
  observe(key: string): BodyViolations
}

export function createViolations(deps: {
  readonly state: StateStore
  readonly plan: TrackingPlan
  readonly now: () => number
  readonly logger: Logger
}): Violations {
  const { state, plan, now, logger } = deps
  let pending = new Map<string, ViolationTally>()

  const add = (key: string, tally: ViolationTally) => pending.set(key, mergeTallies(pending.get(key) ?? EMPTY_TALLY, tally, now()))

  async function write(): Promise<void> {
    const batch = pending
    pending = new Map()
    for (const [key, tally] of batch) {
      try {
        const found = await state.get<ViolationTally>(violationsDocument(key))
        const merged = mergeTallies(found?.value ?? EMPTY_TALLY, tally, now())
        await state.put(violationsDocument(key), merged, { ifVersion: found?.version ?? 0 })
      } catch (error) {
        if (!(error instanceof StateConflict)) logger.warn({ err: error }, 'cannot store violations of the tracking plan; will retry')
        add(key, tally)
      }
    }
  }

  return {
    observe(key) {
      let sampled = EMPTY_TALLY
      let seen = 0
      const further = new Map<string, Record<ViolationOutcome, number>>()
      let others = 0
      return {
        add(event, violation, outcome) {
          if (seen++ < MAX_SAMPLED) sampled = mergeTallies(sampled, tallyOf(event, violation, outcome, now(), plan), now())
          else {
            const name = nameOf(event)
            const counts = further.get(name) ?? { rejected: 0, quarantined: 0, flagged: 0 }
            if (Object.hasOwn(sampled.events, name)) further.set(name, counts)
            else others++
            counts[outcome]++
          }
        },
        end() {
          if (seen > 0) add(key, mergeTallies(sampled, countsOnly(further, others, now()), now()))
        },
      }
    },
    ...createPeriodicWrite(WRITE_MS, write),
  }
}

/** The name of an event as sent; '' if it has none or it is not a string. */
export function nameOf(event: unknown): string {
  const { event: name, event_type: type } = (event ?? {}) as { readonly event?: unknown; readonly event_type?: unknown }
  const sent = name ?? type
  return typeof sent === 'string' ? sent : ''
}

function countsOnly(further: ReadonlyMap<string, Record<ViolationOutcome, number>>, others: number, at: number): ViolationTally {
  const none = { firstAt: at, lastAt: at, sampled: 0, withUser: 0, properties: {} }
  return { events: Object.fromEntries([...further].map(([name, counts]) => [name, { ...counts, ...none }])), others }
}
