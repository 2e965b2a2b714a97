import { createPseudonyms, keyText } from '@northstar/events'
import { createErasures, type Erasures } from '@northstar/pipeline'
import type { Stores } from './stores.ts'

/** The dependencies of forgetting users. */
export interface Forgetting {
  readonly erasures: Erasures
  /** 16 hexadecimal digits. */
  readonly pseudonymOf: (userId: string) => string
}

export function createForgetting(state: Stores['state'], secret: Uint8Array): Forgetting {
  return { erasures: createErasures(state, secret), pseudonymOf: id => keyText(createPseudonyms(secret).user(id)) }
}
