import { derived, type TrackingPlan } from '@northstar/catalogue'
import { compileValidator, createIdentities, createPseudonyms, type Identities, type Validator } from '@northstar/events'

/** The components that depend on the installation's secret. */
export interface Protection {
  /** Validates against the current plan. */
  readonly validator: () => Validator
  /** @param sender the id of a write key */
  readonly identitiesOf: (sender: string) => Identities
}

export function createProtection(config: { readonly secret: Uint8Array; readonly maxAgeMs: number }, plan: TrackingPlan): Protection {
  const pseudonyms = createPseudonyms(config.secret)
  const createFor = createIdentities(config.secret)
  const known = new Map<string, Identities>()
  return {
    validator: derived(plan, of => compileValidator(of, { pseudonyms, maxAgeMs: config.maxAgeMs })),
    identitiesOf(sender) {
      const identities = known.get(sender) ?? createFor(sender)
      known.set(sender, identities)
      return identities
    },
  }
}
