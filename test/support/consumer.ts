import { fileURLToPath } from 'node:url'
import { type SpawnedProcess, spawnProcess } from '@northstar/testkit'
import type { Installation } from './installation.ts'

const SCRIPT = fileURLToPath(new URL('consumer.mjs', import.meta.url))

export type ConsumerRole = 'counters' | 'warehouse'

/** A step at which a consumer ends or freezes itself, the nth time that it comes to it. */
export interface StepFault {
  readonly step: string
  readonly when: 'before' | 'during' | 'after'
  readonly nth: number
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

/** Every step at which a consumer touches what is not its own, in the order in which it comes to them. */
export const STEPS: Readonly<Record<ConsumerRole, readonly string[]>> = {
  counters: ['position', 'apply', 'commit'],
  warehouse: ['commit', 'insert events', 'insert ledger'],
}

export const SESSION_MS = 2_000

/** One consumer of the installation's product in a process of its own, which loses its partitions when it is silent for {@link SESSION_MS}. */
export function startConsumer(installation: Installation, role: ConsumerRole, fault?: StepFault): Promise<SpawnedProcess> {
  const options = JSON.stringify({ role, sessionTimeoutMs: SESSION_MS, fault })
  return spawnProcess(process.execPath, [SCRIPT, options], { env: { ...installation.env, NORTHSTAR_PARTITIONS: undefined } })
}

/** How often it was given partitions so far. */
export const claims = (consumer: SpawnedProcess) => consumer.output.split('"partitions claimed"').length - 1
