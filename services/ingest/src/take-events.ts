import { LogUnavailable, type LogUnavailableCode } from '@northstar/event-log'
import {
  type Arrival,
  type Batch,
  DESCRIBED_REJECTIONS,
  type Identities,
  IGNORED,
  type IndexedRejection,
  type Outcome,
  type Rejection,
  type RejectionCode,
  refusalOf,
  type Validator,
} from '@northstar/events'
import type { Logger, Metrics } from '@northstar/runtime'
import type { Observed } from './key-activity.ts'
import { tryLater } from './problems.ts'
import type { RecordWriter } from './record-writer.ts'
import type { RejectionTally } from './rejection-tally.ts'
import { createTimeSlices } from './time-slices.ts'

export interface TakeEventsDeps {
  readonly validator: Validator
  /** Of the sender. */
  readonly identities: Identities
  /** Null when events are checked and answered, and not stored. */
  readonly writer: RecordWriter | null
  readonly observed?: Observed
  readonly tally: RejectionTally
  readonly logger: Logger
  readonly metrics: Metrics
}

/** How many names of unmapped fields an answer lists. */
const MAX_UNMAPPED = 50

/** Checks and writes every event of a batch. Resolves when the accepted ones are durable; throws the 503 when the log cannot take them. */
export async function takeEvents(batch: Batch, arrival: Arrival, deps: TakeEventsDeps): Promise<Outcome> {
  const { validator, identities, writer, observed } = deps
  const refused = createRefused()
  const writes = new Set<Promise<void>>()
  const slices = createTimeSlices()
  let accepted = 0
  let ignored = 0
  for (let index = 0; index < batch.items.length; index++) {
    const event = batch.toEvent(batch.items[index], index)
    const refusal = refusalOf(event)
    const rejection = event === IGNORED ? null : (refusal ?? validator.check(event, arrival))
    if (event === IGNORED) ignored++
    else if (rejection !== null) refused.add(index, rejection)
    else {
      if (writer !== null) writes.add(writer.add(validator.draft, identities))
      accepted++
    }
    if (observed !== undefined && !observed.full && event !== IGNORED) observed.add(event, rejection)
    if (slices.isOver()) await slices.next()
  }
  await durable(writes, deps.logger)
  if (writer !== null) deps.metrics.eventsAccepted.inc(accepted)
  // Counted last: a body that will be sent again must not count its refusals twice.
  for (const [code, count] of writer === null ? [] : refused.counts) {
    deps.tally.add(code, count)
    deps.metrics.eventsRejected.inc({ code }, count)
  }
  const unmapped = [...batch.unmapped].slice(0, MAX_UNMAPPED)
  return { accepted, rejected: refused.described, moreRejected: refused.more, ignored, unmapped }
}

const NOT_TAKEN: Readonly<Record<LogUnavailableCode, string>> = {
  log_unavailable: 'The event log cannot take events now',
  log_full: 'The event log is full until what it holds has been processed',
  disk_full: 'The disk of the event log is full',
}

async function durable(writes: Iterable<Promise<void>>, logger: Logger): Promise<void> {
  try {
    await Promise.all(writes)
  } catch (error) {
    if (!(error instanceof LogUnavailable)) throw error
    logger.warn({ err: error }, 'the event log did not take events')
    throw tryLater(`${NOT_TAKEN[error.code]}: send the same again.`, error)
  }
}

/** The refused events of a body: the first ones in full, all by code. */
function createRefused() {
  const described: IndexedRejection[] = []
  const counts = new Map<RejectionCode, number>()
  const more: Partial<Record<RejectionCode, number>> = {}
  return {
    described,
    counts,
    more,
    add(index: number, rejection: Rejection) {
      const { code } = rejection
      counts.set(code, (counts.get(code) ?? 0) + 1)
      // Reading a message may be what costs, so further ones are not read.
      if (described.length < DESCRIBED_REJECTIONS) described.push({ index, ...rejection })
      else more[code] = (more[code] ?? 0) + 1
    },
  }
}
