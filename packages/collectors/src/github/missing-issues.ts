import { DAY_MS } from '@northstar/catalogue'
import * as z from 'zod'
import type { Sample } from '../collector.ts'
import type { GitHub } from './client.ts'

const listed = z.looseObject({ number: z.int() })

/** The interval at which the open bugs are compared with GitHub's list of open issues, ms. The list costs a request for each hundred issues. */
const EVERY_MS = DAY_MS

export const isReconciliationDue = (last: number | undefined, now: number): boolean => last === undefined || now - last >= EVERY_MS

/**
 * Returns the open bugs that the repository no longer has, because they were deleted or transferred: no list shows such an issue again. An issue
 * that exists but is not listed as open was closed or relabelled just now; the next run reads it.
 */
export async function findMissing(github: GitHub, open: readonly number[], labels: readonly string[]): Promise<readonly number[]> {
  const seen = new Set<number>()
  for (const label of labels)
    for await (const page of github.pages('/issues', listed, { state: 'open', labels: label }))
      for (const { number } of page) seen.add(number)
  const missing: number[] = []
  for (const number of open) if (!seen.has(number) && !(await github.exists(`/issues/${number}`))) missing.push(number)
  return missing
}

/** The sample that closes a missing bug. @param now the time of its detection, epoch ms */
export const missingSample = (event: string, issue: string, number: number, now: number): Sample => ({
  event,
  id: `issue ${issue} missing`,
  timestamp: now,
  properties: { number, action: 'closed' },
})
