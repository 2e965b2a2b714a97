import { setTimeout as sleep } from 'node:timers/promises'
import { sendSpooled } from '../send.ts'
import type { Pause } from '../spool.ts'
import { createFileSpool } from './file-spool.ts'

/** Maximum number of successive failures, without and with an answer of the server. The next program then sends the spool. */
const MAX_ATTEMPTS = 3
const MAX_ANSWERED_ATTEMPTS = 8
/** Minimum pause, ms, used while another sender has the lock. */
const MIN_WAIT_MS = 200
/** Maximum pause that a server may request, ms. */
const MAX_WAIT_MS = 60_000

/** The job of a detached sender, passed in the environment. */
export interface SenderJob {
  readonly folder: string
  readonly maxSpoolBytes: number
  readonly url: string
  readonly writeKey: string
  /** How far the program's clock is ahead of this machine's clock, ms. Not 0 only in tests. */
  readonly clockMs: number
  /** Process id of the program. */
  readonly parent: number
}

// This module runs as a separate process after the program has ended.
const job = JSON.parse(process.env.NORTHSTAR_SENDER ?? 'null') as SenderJob | null
if (job) {
  const now = () => Date.now() + job.clockMs
  const spool = createFileSpool(job.folder, job.maxSpoolBytes)
  await sendSpooled(spool, job, { fetch, now, heir: job.parent })
  // If there is no pause, everything was sent or another sender is running.
  for (let pause = spool.pause(); pause !== null && mayContinue(pause); pause = spool.pause()) {
    const waitMs = pause.until - now()
    if (waitMs > MAX_WAIT_MS) break
    await sleep(Math.max(MIN_WAIT_MS, waitMs))
    await sendSpooled(spool, job, { fetch, now })
    if (spool.list().length === 0) break
  }
}

function mayContinue({ attempts, answered }: Pause): boolean {
  return attempts <= (answered ? MAX_ANSWERED_ATTEMPTS : MAX_ATTEMPTS)
}
