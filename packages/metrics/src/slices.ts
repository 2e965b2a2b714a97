/** How long a loop runs before other work of the process gets a turn, ms. */
const SLICE_MS = 10

/** Maps items in slices of time, so that a large answer does not hold up the event loop. */
export async function mapInSlices<T, R>(items: Iterable<T>, map: (item: T, index: number) => R): Promise<R[]> {
  const results: R[] = []
  let ends = performance.now() + SLICE_MS
  for (const item of items) {
    results.push(map(item, results.length))
    if (performance.now() < ends) continue
    await new Promise(resolve => setImmediate(resolve))
    ends = performance.now() + SLICE_MS
  }
  return results
}
