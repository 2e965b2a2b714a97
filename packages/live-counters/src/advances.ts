import type { Deltas } from './deltas.ts'
import { GROUP_LENGTH } from './fields.ts'
import type { Moved } from './port.ts'

/** Minimum time between two notifications that the counters have advanced, ms. */
const EVERY_MS = 5

/** Returns a signal that calls its listener once for all calls within {@link EVERY_MS}, with the codes of all of them. */
export function coalesced(listener: (moved: Moved) => void): { readonly signal: (moved: Moved) => void; readonly end: () => void } {
  let timer: NodeJS.Timeout | undefined
  let pending: Set<string> | null = new Set()
  let ended = false
  return {
    signal(moved) {
      if (ended) return
      if (moved === null) pending = null
      else for (const code of moved) pending?.add(code)
      timer ??= setTimeout(() => {
        timer = undefined
        const all = pending
        pending = new Set()
        listener(all)
      }, EVERY_MS)
    },
    end() {
      ended = true
      clearTimeout(timer)
    },
  }
}

/** The codes of the aggregates with additions. */
export function movedBy(deltas: Deltas): ReadonlySet<string> {
  const codes = new Set<string>()
  // Buckets share maps, and the fields of an aggregate are consecutive in a map.
  for (const fields of new Set([...deltas.values()].map(({ add }) => add))) {
    let code = '-'
    for (const field of fields.keys()) {
      if (field.startsWith(code)) continue
      code = field.slice(0, GROUP_LENGTH)
      codes.add(code)
    }
  }
  return codes
}
