import { RowsRefused } from '@northstar/clickhouse'

/**
 * Finds which parts of a block the table refuses, by halving the block, with the engine's reason for each, which names the column.
 * @param attempt tries to insert a block of parts into a table that stores nothing; rejects with RowsRefused
 */
export async function findRefused<P>(
  parts: readonly P[],
  attempt: (parts: readonly P[]) => Promise<void>,
): Promise<readonly { readonly part: P; readonly reason: string }[]> {
  try {
    await attempt(parts)
    return []
  } catch (error) {
    if (!(error instanceof RowsRefused)) throw error
    const [only, ...others] = parts
    if (only === undefined) return []
    if (others.length === 0) return [{ part: only, reason: error.message }]
    const middle = Math.ceil(parts.length / 2)
    return [...(await findRefused(parts.slice(0, middle), attempt)), ...(await findRefused(parts.slice(middle), attempt))]
  }
}
