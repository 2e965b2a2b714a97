import { setTimeout as sleep } from 'node:timers/promises'
import { sendSpooled } from '../send.ts'
import type { Pause } from '../spool.ts'
import { createFileSpool } from './file-spool.ts'

/** After how many failures in a row the spool is left to the next program: the machine is offline, or a server that answers stays busy. */
const MAX_ATTEMPTS = 3
const MAX_ANSWERED_ATTEMPTS = 8
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
  /** The process of the program. */
  readonly parent: number
}

// Runs as a process of its own after the program has ended.
const job = JSON.parse(process.env.NORTHSTAR_SENDER ?? 'null') as SenderJob | null
if (job) {
  const now = () => Date.now() + job.clockMs
  const spool = createFileSpool(job.folder, job.maxSpoolBytes)
  await sendSpooled(spool, job, { fetch, now, heir: job.parent })
  // Without a pause everything is sent, or another sender is running.
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
