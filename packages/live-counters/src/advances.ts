/** How often at most a listener hears that the counters have advanced. */
const EVERY_MS = 5

/** A signal that calls its listener once for however many calls came close together, a moment after the first. */
export function coalesced(listener: () => void): { readonly signal: () => void; readonly end: () => void } {
  let timer: NodeJS.Timeout | undefined
  let ended = false
  return {
    signal() {
      if (ended) return
      timer ??= setTimeout(() => {
        timer = undefined
        listener()
      }, EVERY_MS)
    },
    end() {
      ended = true
      clearTimeout(timer)
    },
  }
}
