/** The names of which one is expected; of a map its keys. */
export type Names = ReadonlyMap<string, unknown> | ReadonlySet<string> | readonly string[]

const isList = (names: Names): names is readonly string[] => Array.isArray(names)
export const wordsOf = (names: Names): Iterable<string> => (isList(names) ? names : names.keys())
export const sizeOf = (names: Names): number => (isList(names) ? names.length : names.size)

/** The number of single-character edits between two words. */
export function distance(a: string, b: string): number {
  // One row of the table of distances, rewritten for each character of `a`.
  const row = new Uint16Array(b.length + 1)
  for (let j = 0; j <= b.length; j++) row[j] = j
  for (let i = 1; i <= a.length; i++) {
    let diagonal = row[0] as number
    row[0] = i
    for (let j = 1; j <= b.length; j++) {
      const above = row[j] as number
      const substituted = diagonal + (a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1)
      row[j] = Math.min(substituted, above + 1, (row[j - 1] as number) + 1)
      diagonal = above
    }
  }
  return row[b.length] as number
}

/** Maximum number of valid words with which a word is compared. */
const MAX_COMPARED = 5_000

/** The valid word that was probably meant, or undefined if more than two fifths of every one would change. */
export function nearest(word: string, valid: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  const wanted = word.toLowerCase().slice(0, 200)
  let compared = 0
  for (const candidate of valid) {
    if (++compared > MAX_COMPARED) break
    const limit = Math.max(1, Math.ceil(Math.max(wanted.length, candidate.length) * 0.4))
    // The distance is at least the difference of the lengths.
    if (Math.abs(wanted.length - candidate.length) > Math.min(limit, least - 1)) continue
    const edits = distance(wanted, candidate.toLowerCase())
    if (edits < least && edits <= limit) {
      least = edits
      best = candidate
    }
  }
  return best
}
