import { fileURLToPath } from 'node:url'
import { type SpawnedProcess, spawnProcess } from '@northstar/testkit'
import type { Installation } from './installation.ts'

const SCRIPT = fileURLToPath(new URL('consumer.mjs', import.meta.url))

export type ConsumerRole = 'counters' | 'warehouse'

/** A step at whose nth occurrence a consumer kills or stops itself. */
export interface StepFault {
  readonly step: string
  readonly when: 'before' | 'during' | 'after'
  readonly nth: number
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

/** The steps at which a consumer calls a store or the log, in order. */
export const STEPS: Readonly<Record<ConsumerRole, readonly string[]>> = {
  counters: ['position', 'apply', 'commit'],
  warehouse: ['commit', 'insert events', 'insert ledger'],
}

export const SESSION_MS = 2_000

/** Starts a consumer of the installation as a process, which loses its partitions after {@link SESSION_MS} without a heartbeat. */
export function startConsumer(installation: Installation, role: ConsumerRole, fault?: StepFault): Promise<SpawnedProcess> {
  const options = JSON.stringify({ role, sessionTimeoutMs: SESSION_MS, fault })
  return spawnProcess(process.execPath, [SCRIPT, options], { env: { ...installation.env, NORTHSTAR_PARTITIONS: undefined } })
}

/** Number of times that the consumer claimed partitions. */
export const claims = (consumer: SpawnedProcess) => consumer.output.split('"partitions claimed"').length - 1
