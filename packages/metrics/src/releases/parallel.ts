/** The results of the jobs in their order, at most `atOnce` of them concurrently. Rejects with the first rejection, and starts no further job. */
export async function inParallel<T>(atOnce: number, jobs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = []
  const waiting = jobs.entries()
  let failed = false
  const work = async () => {
    for (const [index, job] of waiting) {
      if (failed) return
      results[index] = await job()
    }
  }
  const workers = Array.from({ length: atOnce }, () =>
    work().catch((error: unknown) => {
      failed = true
      throw error
    }),
  )
  await Promise.all(workers)
  return results
}
