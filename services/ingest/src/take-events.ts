import type { OnViolation } from '@northstar/catalogue'
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
  VIOLATION_CODES,
} from '@northstar/events'
import type { Logger, Metrics } from '@northstar/runtime'
import type { KeptOutcome, Observed } from './key-activity.ts'
import { tryLater } from './problems.ts'
import type { RecordWriter } from './record-writer.ts'
import type { RejectionTally } from './rejection-tally.ts'
import { createTimeSlices } from './time-slices.ts'
import { tooManyUsers, type UserLimit } from './user-limit.ts'
import { type BodyViolations, nameOf } from './violations.ts'

export interface TakeEventsDeps {
  readonly validator: Validator
  /** The sender's. */
  readonly identities: Identities
  /** Null when events are only validated. */
  readonly writer: RecordWriter | null
  /** How to treat an event that violates the plan, by its name. */
  readonly modeOf: (event: string) => OnViolation
  /** The key's limit of different users, if it has one. */
  readonly users?: { readonly limit: number; readonly seen: UserLimit }
  readonly observed?: Observed
  readonly violations?: BodyViolations
  readonly tally: RejectionTally
  readonly logger: Logger
  readonly metrics: Metrics
}

/** Maximum number of unmapped fields in an answer. */
const MAX_UNMAPPED = 50

/** Validates and writes every event of a batch. Resolves when the accepted ones are durable; throws the 503 when the log is unavailable. */
export async function takeEvents(batch: Batch, arrival: Arrival, deps: TakeEventsDeps): Promise<Outcome> {
  const { validator, identities, writer, observed, violations } = deps
  const refused = createRefused()
  const writes = new Set<Promise<void>>()
  const slices = createTimeSlices()
  let accepted = 0
  const kept = { quarantined: 0, flagged: 0 }
  let ignored = 0
  for (let index = 0; index < batch.items.length; index++) {
    const event = batch.toEvent(batch.items[index], index)
    const refusal = refusalOf(event)
    if (event === IGNORED) ignored++
    else {
      const { rejection, violation, outcome }: Taken = refusal ? { rejection: refusal } : takeWithinLimit(event, arrival, deps)
      if (rejection !== null) refused.add(index, rejection)
      else {
        if (writer !== null) writes.add(writer.add(validator.draft, identities))
        accepted++
        if (outcome !== undefined) kept[outcome]++
      }
      observed?.add(event, rejection ?? violation ?? null, outcome)
      const found = violation ?? rejection
      if (found && VIOLATION_CODES.has(found.code)) violations?.add(event, found, outcome ?? 'rejected')
    }
    if (slices.isOver()) await slices.next()
  }
  await durable(writes, deps.logger)
  if (writer !== null) deps.metrics.eventsAccepted.inc(accepted)
  // Counted after the append: a body that is sent again must not count its rejections twice.
  for (const [code, count] of writer === null ? [] : refused.counts) {
    deps.tally.add(code, count)
    deps.metrics.eventsRejected.inc({ code }, count)
  }
  const unmapped = [...batch.unmapped].slice(0, MAX_UNMAPPED)
  return { accepted, ...kept, rejected: refused.described, moreRejected: refused.more, ignored, unmapped }
}

interface Taken {
  /** Null when the event is in the validator's draft. */
  readonly rejection: Rejection | null
  readonly violation?: Rejection
  readonly outcome?: KeptOutcome
}

/** Validates an event. One that violates the plan is validated again in the mode that applies to it. */
function take(event: unknown, arrival: Arrival, { validator, modeOf }: TakeEventsDeps): Taken {
  const violation = validator.check(event, arrival)
  if (violation === null) return OK
  if (!VIOLATION_CODES.has(violation.code)) return { rejection: violation }
  const mode = modeOf(nameOf(event))
  if (mode === 'reject') return { rejection: violation }
  // An undeclared event has no definition to count it by.
  const isAccepted = mode === 'accept' && violation.code !== 'unknown_event'
  const rejection = validator.check(event, arrival, isAccepted ? 'accept' : 'quarantine')
  if (rejection !== null) return { rejection }
  validator.draft.violation ??= violation
  return { rejection, violation, outcome: isAccepted ? 'flagged' : 'quarantined' }
}

/** As {@link take}; events of users beyond the key's limit are quarantined. */
function takeWithinLimit(event: unknown, arrival: Arrival, deps: TakeEventsDeps): Taken {
  const taken = take(event, arrival, deps)
  const { validator, users } = deps
  if (users === undefined || taken.rejection !== null || taken.outcome === 'quarantined') return taken
  if (users.seen.admits(validator.draft.user, users.limit)) return taken
  const rejection = validator.check(event, arrival, 'quarantine')
  if (rejection !== null) return { rejection }
  const violation = tooManyUsers(users.limit)
  validator.draft.violation = violation
  return { rejection, violation, outcome: 'quarantined' }
}

const OK: Taken = { rejection: null }

const UNAVAILABLE: Readonly<Record<LogUnavailableCode, string>> = {
  log_unavailable: 'The event log is unavailable',
  log_full: 'The event log is full until its records have been processed',
  disk_full: 'The disk of the event log is full',
}

async function durable(writes: Iterable<Promise<void>>, logger: Logger): Promise<void> {
  try {
    await Promise.all(writes)
  } catch (error) {
    if (!(error instanceof LogUnavailable)) throw error
    logger.warn({ err: error }, 'cannot append events to the log')
    throw tryLater(`${UNAVAILABLE[error.code]}. Send the same request again.`, error)
  }
}

/** The rejections of a body: the first ones in full, and the number of all by code. */
function createRefused() {
  const described: IndexedRejection[] = []
  const counts = new Map<RejectionCode, number>()
  const more: Partial<Record<RejectionCode, number>> = {}
  return {
    described,
    counts,
    more,
    add(index: number, rejection: Rejection) {
      const { code, field } = rejection
      counts.set(code, (counts.get(code) ?? 0) + 1)
      // A message is built when it is read, so further ones cost nothing.
      if (described.length < DESCRIBED_REJECTIONS) described.push({ index, code, field, message: rejection.message })
      else more[code] = (more[code] ?? 0) + 1
    },
  }
}
