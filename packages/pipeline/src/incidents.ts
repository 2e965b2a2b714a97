import type { StateStore } from '@northstar/state'
import type { Finding } from './resume.ts'

/** A loss of the log or of a group's store, kept until it is acknowledged. */
export interface LogIncident extends Finding {
  /** Equal for the same loss, however often a group finds it. */
  readonly id: string
  readonly group: string
  /** Time of detection, epoch ms. */
  readonly at: number
  /** Epoch ms. */
  readonly acknowledgedAt: number | null
}

export interface LogIncidents {
  /** Durable when it resolves. Rejects with StateUnavailable. */
  record(group: string, log: string, finding: Finding): Promise<void>
  /** Newest first. */
  list(): Promise<readonly LogIncident[]>
  /** Acknowledges and returns every open incident. */
  acknowledge(): Promise<readonly LogIncident[]>
}

const PREFIX = 'log-incidents/'

/** Incidents as documents of the state store. */
export function createLogIncidents(state: StateStore, now: () => number): LogIncidents {
  const list = async () => (await state.list<LogIncident>(PREFIX)).map(({ value }) => value).sort((a, b) => b.at - a.at)
  const open = async () => (await list()).filter(({ acknowledgedAt }) => acknowledgedAt === null)
  return {
    list,
    async record(group, log, finding) {
      const id = [group, finding.partition, finding.kind, log, finding.from, finding.to].join(':')
      if (await state.get(PREFIX + id)) return
      const incident: LogIncident = { id, group, at: now(), acknowledgedAt: null, ...finding }
      await state.put(PREFIX + id, incident)
    },
    async acknowledge() {
      const found = await open()
      for (const incident of found) await state.put(PREFIX + incident.id, { ...incident, acknowledgedAt: now() })
      return found
    },
  }
}
