import { nearest } from '@northstar/catalogue'

/** How many valid names a message lists when none is near. */
const LISTED_NAMES = 12
/** How many unknown names a suggestion is remembered for; then all are forgotten. */
const REMEMBERED_NAMES = 1_000

/** Returns a function that writes the message about an unknown name. Each distinct name is compared with the valid ones once. */
export function createSuggestions(what: 'event' | 'property', valid: readonly string[], where = ''): (name: string) => string {
  const listed = valid.slice(0, LISTED_NAMES).join(', ') + (valid.length > LISTED_NAMES ? ', …' : '')
  const remembered = new Map<string, string>()
  return name => {
    // A long name is no misspelling, and comparing it costs the square of its length.
    if (name.length > 64) return `there is no such ${what}${where} in the tracking plan`
    const known = remembered.get(name)
    if (known !== undefined) return known
    const meant = nearest(name, valid)
    const remedy = meant === undefined ? `there are ${listed || 'none'}` : `did you mean ${meant}?`
    const message = `there is no ${what} ${JSON.stringify(name)}${where} in the tracking plan; ${remedy}`
    if (remembered.size >= REMEMBERED_NAMES) remembered.clear()
    remembered.set(name, message)
    return message
  }
}
