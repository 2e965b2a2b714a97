import type { RuleState } from '@northstar/alerting'
import type { PutOptions, StateStore } from '@northstar/state'
import { ACKNOWLEDGEMENTS, DELIVERIES, RULES, type RuleDocument, SILENCES } from './documents.ts'
import { readSilence } from './silence.ts'

const DELIVERIES_KEPT = 1_000
const SILENCES_KEPT_MS = 5 * 86_400_000

/** Forgets all but the newest deliveries. */
export async function pruneDeliveries(state: StateStore, fence: PutOptions): Promise<void> {
  const found = await state.list(DELIVERIES)
  for (const { key } of found.slice(0, Math.max(0, found.length - DELIVERIES_KEPT))) await state.delete(key, fence)
}

/** Forgets silences that ended days ago, and acknowledgements of alerts that fire no more. */
export async function pruneSilences(state: StateStore, now: number, fence: PutOptions): Promise<void> {
  for (const { key, value } of await state.list(SILENCES)) {
    const silence = readSilence(value)
    if (!silence || now - silence.endsAt > SILENCES_KEPT_MS) await state.delete(key, fence)
  }
  const states = (await state.list<RuleDocument>(RULES)).map(document => document.value.state)
  for (const { key } of await state.list(ACKNOWLEDGEMENTS)) {
    const fingerprint = key.slice(ACKNOWLEDGEMENTS.length)
    if (!states.some(one => fires(one, fingerprint))) await state.delete(key, fence)
  }
}

const fires = (state: RuleState, fingerprint: string) => state.members[fingerprint]?.phase === 'firing'
