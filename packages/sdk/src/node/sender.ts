import { setTimeout as sleep } from 'node:timers/promises'
import { sendSpooled } from '../send.ts'
import { createFileSpool } from './file-spool.ts'

/** After how many failures in a row the spool is left to the next program: the machine is offline. */
const MAX_ATTEMPTS = 3
/** While another sender holds the lock of a pause that is over, ms. */
const MIN_WAIT_MS = 200
/** The longest wait that a server may ask for, ms. */
const MAX_WAIT_MS = 60_000

/** What a detached sender is given, in the environment. */
export interface SenderJob {
  readonly folder: string
  readonly maxSpoolBytes: number
  readonly url: string
  readonly writeKey: string
  /** What the program's clock is ahead of this machine's, ms: 0 but in tests. */
  readonly clockMs: number
}

// Runs as a process of its own after the program has ended.
const job = JSON.parse(process.env.NORTHSTAR_SENDER ?? 'null') as SenderJob | null
if (job) {
  const now = () => Date.now() + job.clockMs
  const spool = createFileSpool(job.folder, job.maxSpoolBytes)
  await sendSpooled(spool, job, { fetch, now })
  // Without a pause everything is sent, or another sender is running.
  for (let pause = spool.pause(); pause !== null && pause.attempts <= MAX_ATTEMPTS; pause = spool.pause()) {
    const waitMs = pause.until - now()
    if (waitMs > MAX_WAIT_MS) break
    await sleep(Math.max(MIN_WAIT_MS, waitMs))
    await sendSpooled(spool, job, { fetch, now })
    if (spool.list().length === 0) break
  }
}
