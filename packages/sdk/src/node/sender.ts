import { setTimeout as sleep } from 'node:timers/promises'
import { sendSpooled } from '../send.ts'
import { createFileSpool } from './file-spool.ts'

/** How long a sender tries, ms; then the spool is left to the next program. */
const TRIES_MS = 60_000

/** What a detached sender is given, in the environment. */
export interface SenderJob {
  readonly folder: string
  readonly maxSpoolBytes: number
  readonly url: string
  readonly writeKey: string
}

// Runs as a process of its own after the program has ended.
const job = JSON.parse(process.env.NORTHSTAR_SENDER ?? 'null') as SenderJob | null
if (job) {
  const spool = createFileSpool(job.folder, job.maxSpoolBytes, Date.now)
  const until = Date.now() + TRIES_MS
  for (;;) {
    await sendSpooled(spool, job, { fetch, now: Date.now })
    const waitMs = (spool.pause()?.until ?? 0) - Date.now()
    // Without a pause everything is sent, or another sender is at it.
    if (waitMs <= 0 || Date.now() + waitMs > until) break
    await sleep(waitMs)
  }
}
