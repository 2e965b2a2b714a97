import { CatalogueInvalid } from './problems.ts'
import type { TrackingPlan } from './tracking-plan.ts'
import { buildTrackingPlan, trackingPlanSchema } from './tracking-plan-file.ts'
import { parseYaml } from './yaml-file.ts'

/** A plan that may be replaced while a process runs. */
export interface LivePlan {
  /** Always the same object, with the fields of the current plan. Derived values are recomputed when `events` is another map. */
  readonly plan: TrackingPlan
  replace(next: TrackingPlan): void
}

export function createLivePlan(first: TrackingPlan): LivePlan {
  let current = first
  return {
    plan: {
      get events() {
        return current.events
      },
      get columns() {
        return current.columns
      },
      get onViolation() {
        return current.onViolation
      },
    },
    replace(next) {
      current = next
    },
  }
}

/** Memoizes a value derived from the plan; it is recomputed after the plan was replaced. */
export function derived<T>(plan: TrackingPlan, derive: (plan: TrackingPlan) => T): () => T {
  let known: { readonly events: TrackingPlan['events']; readonly value: T } | undefined
  return () => {
    if (known?.events !== plan.events) known = { events: plan.events, value: derive(plan) }
    return known.value
  }
}

/** Parses the text of a `tracking-plan.yaml`. @throws CatalogueInvalid */
export function parseTrackingPlan(text: string): TrackingPlan {
  const file = parseYaml('tracking-plan.yaml', text, trackingPlanSchema)
  const built = buildTrackingPlan(file, Number.POSITIVE_INFINITY)
  const problems = [...file.problems, ...(built?.problems ?? [])]
  if (problems.length > 0 || !built) throw new CatalogueInvalid('.', problems)
  return built.plan
}
