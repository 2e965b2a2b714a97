import { nearest } from '@northstar/catalogue'

/** How many valid names a message lists when none is similar. */
const LISTED_NAMES = 12
/** How many messages are cached. A full cache is cleared. */
const CACHED_NAMES = 1_000

/** Returns a function that builds the message about an unknown name. Each distinct name is compared with the valid ones once. */
export function createSuggestions(what: 'event' | 'property', valid: readonly string[], where = ''): (name: string) => string {
  const listed = valid.slice(0, LISTED_NAMES).join(', ') + (valid.length > LISTED_NAMES ? ', …' : '')
  const cache = new Map<string, string>()
  return name => {
    // A long name is not a misspelling, and the cost of comparing it is the square of its length.
    if (name.length > 64) return `there is no such ${what}${where} in the tracking plan`
    const known = cache.get(name)
    if (known !== undefined) return known
    const meant = nearest(name, valid)
    const remedy = meant === undefined ? `there are ${listed || 'none'}` : `did you mean ${meant}?`
    const message = `there is no ${what} ${JSON.stringify(name)}${where} in the tracking plan; ${remedy}`
    if (cache.size >= CACHED_NAMES) cache.clear()
    cache.set(name, message)
    return message
  }
}
