/** Parses the engine's JSON lines. Integers beyond the safe range become strings. */
export function parseRows<T>(text: string): T[] {
  const safe = /\d{16}/.test(text) ? quoteLargeIntegers(text) : text
  return safe.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as T]))
}

function quoteLargeIntegers(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, piece =>
    /^-?\d{16,}$/.test(piece) && !Number.isSafeInteger(Number(piece)) ? `"${piece}"` : piece,
  )
}
