import { createHash } from 'node:crypto'
import { lastDue, nextDue } from '@northstar/catalogue'
import { type DueRun, type JobOutcome, type Metrics, messageOf, type ScheduledJob } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { Sample } from './collector.ts'
import type { Collector, Collectors } from './collectors-section.ts'
import { type CollectorDocument, keyOf, readDocument } from './documents.ts'
import { CollectFailed, SourceBusy } from './failures.ts'
import { definitionOf } from './registry.ts'
import type { SafeFetch } from './safe-fetch.ts'

/** Checks and stores native events; resolves when the accepted ones are durable. */
export type AcceptEvents = (
  sender: string,
  events: readonly unknown[],
) => Promise<{ readonly rejected: readonly { readonly code: string; readonly message: string }[] }>

export interface CollectDeps {
  readonly collectors: Collectors
  readonly timezone: string
  readonly state: StateStore
  readonly accept: AcceptEvents
  readonly fetch: SafeFetch
  readonly now: () => number
  readonly metrics: Pick<Metrics, 'collectorRuns' | 'collectorFreshAt'>
}

/** The sender of all samples: their identity does not depend on a write key. */
const SENDER = 'collectors'
/** Duration after which a turn ends with its current step, so that other jobs can run. */
const TURN_MS = 5_000
/** Maximum number of events of a call to ingest. */
const BATCH = 500
const NEXT_TURN_MS = 500

const jobName = (name: string) => `collectors/${name}`

/** The schedules of the collectors, for processes that show them without running any. */
export const collectSchedules = (collectors: Collectors, timezone: string): readonly Pick<ScheduledJob, 'name' | 'nextDue'>[] =>
  [...collectors.active].map(([name, { schedule }]) => ({ name: jobName(name), nextDue: after => nextDue(schedule, after, timezone) }))

/** A scheduled job for each collector. */
export function createCollectJobs(deps: CollectDeps): readonly ScheduledJob[] {
  const { collectors, timezone } = deps
  return [...collectors.active].map(([name, config]) => ({
    name: jobName(name),
    lastDue: at => lastDue(config.schedule, at, timezone),
    nextDue: after => nextDue(config.schedule, after, timezone),
    usefulMs: Number.POSITIVE_INFINITY,
    startsAtOnce: true,
    run: due => collectTurn(name, config, due, deps),
  }))
}

/**
 * One turn of a run. Each step is stored as pending, then sent, and only then becomes the cursor: after a crash in between the same samples are
 * sent again under the same ids.
 */
async function collectTurn(name: string, config: Collector, due: DueRun, deps: CollectDeps): Promise<JobOutcome> {
  const { state, now, fetch, metrics } = deps
  const count = (outcome: 'complete' | 'partial' | 'waiting' | 'failed') => metrics.collectorRuns.inc({ collector: name, outcome })
  const found = await readDocument(state, name)
  let { version } = found
  let document: CollectorDocument = found.value
  const write = async (next: CollectorDocument) => {
    version = await state.put(keyOf(name), next, { ifVersion: version })
    document = next
  }
  const send = (samples: readonly Sample[]) => sendSamples(name, samples, deps)
  const startedAt = now()
  // Also after a restart, so that the age is known while runs fail.
  if (document.freshAt !== undefined) metrics.collectorFreshAt.set({ collector: name }, document.freshAt / 1_000)
  if (document.waitUntil !== undefined && document.waitUntil > startedAt) return { continueAt: document.waitUntil }
  try {
    if (document.pending) {
      const { samples, cursor } = document.pending
      const tooOld = await send(samples)
      await write({ ...document, pending: undefined, cursor, tooOld: document.tooOld + tooOld })
    }
    for await (const step of definitionOf(config).collect(config, { cursor: document.cursor, dueAt: due.dueAt, now, fetch })) {
      if (step.samples.length > 0) await write({ ...document, pending: step })
      const tooOld = await send(step.samples)
      await write({ ...document, pending: undefined, waitUntil: undefined, cursor: step.cursor, tooOld: document.tooOld + tooOld })
      if (now() - startedAt > TURN_MS) {
        count('partial')
        return { continueAt: now() + NEXT_TURN_MS }
      }
    }
    const { heartbeat } = deps.collectors
    if (heartbeat !== undefined)
      await send([{ event: heartbeat, id: `heartbeat ${due.dueAt}`, timestamp: startedAt, properties: { collector: name } }])
    await write({ ...document, waitUntil: undefined, failing: undefined, freshAt: startedAt })
    metrics.collectorFreshAt.set({ collector: name }, startedAt / 1_000)
    count('complete')
    return
  } catch (error) {
    if (error instanceof SourceBusy) {
      await write({ ...document, waitUntil: error.until })
      count('waiting')
      return { continueAt: error.until }
    }
    const reason = messageOf(error)
    const code = error instanceof CollectFailed ? error.code : 'unexpected'
    await write({ ...document, failing: { since: document.failing?.since ?? startedAt, code, reason } })
    count('failed')
    throw error
  }
}

/** Sends samples; returns the number of those older than the retention. @throws CollectFailed if one is refused for another reason */
async function sendSamples(name: string, samples: readonly Sample[], { accept }: CollectDeps): Promise<number> {
  let tooOld = 0
  for (let i = 0; i < samples.length; i += BATCH) {
    const { rejected } = await accept(
      SENDER,
      samples.slice(i, i + BATCH).map(sample => toEvent(name, sample)),
    )
    const [refused] = rejected.filter(({ code }) => code !== 'too_old')
    if (refused) throw new CollectFailed('samples_refused', `the tracking plan refuses a sample: ${refused.message}`)
    tooOld += rejected.length
  }
  return tooOld
}

const toEvent = (name: string, { event, id, timestamp, properties }: Sample) => ({
  event,
  id: createHash('sha256').update(`${name}\n${id}`).digest('hex'),
  timestamp,
  properties,
})
