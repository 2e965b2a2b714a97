/** The number of single-character edits between two words. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substituted, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The valid word that was probably meant, or undefined where none is near (more than two fifths of it would change). */
export function nearest(word: string, valid: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Number.POSITIVE_INFINITY
  const wanted = word.toLowerCase().slice(0, 200)
  for (const candidate of valid) {
    const edits = distance(wanted, candidate.toLowerCase())
    if (edits < least && edits <= Math.max(1, Math.ceil(Math.max(wanted.length, candidate.length) * 0.4))) {
      least = edits
      best = candidate
    }
  }
  return best
}
