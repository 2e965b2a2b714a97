import type { RuleState } from '@northstar/alerting'
import { DAY_MS, lastDue, nextDue } from '@northstar/catalogue'
import type { ScheduledJob } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { pruneComments } from './comments.ts'
import { ACKNOWLEDGEMENTS, DELIVERIES, RULES, type RuleDocument, SILENCES } from './documents.ts'
import { readSilence } from './silence.ts'

const MAX_DELIVERIES = 1_000
const SILENCES_KEPT_MS = 5 * DAY_MS

const HOURLY = { every_minutes: 60 }

/** The scheduled job that deletes obsolete documents of alerts. */
export function createPruneJob(state: StateStore, now: () => number): ScheduledJob {
  return {
    name: 'retention',
    lastDue: at => lastDue(HOURLY, at, 'UTC'),
    nextDue: after => nextDue(HOURLY, after, 'UTC'),
    usefulMs: HOURLY.every_minutes * 60_000,
    async run() {
      await pruneDeliveries(state)
      await pruneOperators(state, now())
      await pruneComments(state, now())
    },
  }
}

/** Deletes all but the newest deliveries. */
async function pruneDeliveries(state: StateStore): Promise<void> {
  const found = await state.list(DELIVERIES)
  for (const { key } of found.slice(0, Math.max(0, found.length - MAX_DELIVERIES))) await state.delete(key)
}

/** Deletes silences that ended days ago, and acknowledgements of alerts that no longer fire. */
async function pruneOperators(state: StateStore, now: number): Promise<void> {
  for (const { key, value } of await state.list(SILENCES)) {
    const silence = readSilence(value)
    if (!silence || now - silence.endsAt > SILENCES_KEPT_MS) await state.delete(key)
  }
  const states = (await state.list<RuleDocument>(RULES)).map(document => document.value.state)
  for (const { key } of await state.list(ACKNOWLEDGEMENTS)) {
    const fingerprint = key.slice(ACKNOWLEDGEMENTS.length)
    if (!states.some(one => fires(one, fingerprint))) await state.delete(key)
  }
}

const fires = (state: RuleState, fingerprint: string) => state.members[fingerprint]?.phase === 'firing'
