import { type Component, createRefresher, type Logger, type Metrics } from '@northstar/runtime'
import { type LagDeps, lagOf } from './lag.ts'

const EVERY_MS = 10_000
/** How long records may wait while a group processes none of them. */
const STANDSTILL_MS = 60_000

interface Progress {
  readonly processed: number
  readonly behind: number
  /** When the group was last seen to process a record, or to have none to process. */
  readonly at: number
}

export interface GroupWatchDeps extends LagDeps {
  readonly metrics: Metrics
  readonly logger: Logger
  /** A monotonic clock, ms. */
  readonly now?: () => number
}

/**
 * Reports a group that processes none of its waiting records, in the process's health and metrics. Where no process with the group's role
 * runs, only the positions of the group show it. While the log or the counters do not answer, the last known progress is reported.
 */
export function createGroupWatch({ log, counters, metrics, logger, now = () => performance.now() }: GroupWatchDeps): Component {
  const groups = new Map<string, Progress>()

  async function read(): Promise<void> {
    try {
      for (const [group, { total, behind }] of Object.entries(await lagOf(log, counters))) {
        const known = groups.get(group)
        const processed = total - behind
        // Fewer than before where retention has deleted processed records.
        const standsStill = behind > 0 && known !== undefined && processed <= known.processed
        groups.set(group, { processed, behind, at: standsStill ? known.at : now() })
      }
    } finally {
      for (const [group, progress] of groups) metrics.standstillSeconds.set({ group }, standstillMs(progress) / 1_000)
    }
  }

  const refresher = createRefresher({ everyMs: EVERY_MS, read, failure: 'cannot read the lag of the consumer groups', logger })

  const standstillMs = ({ behind, at }: Progress) => (behind === 0 ? 0 : now() - at)

  const problemOf = ([group, progress]: [string, Progress]) => {
    const { behind } = progress
    const ms = standstillMs(progress)
    if (ms < STANDSTILL_MS) return []
    const records = `${behind.toLocaleString('en-US')} log records wait`
    return [`${records} for the role ${group}, which has processed none for ${Math.round(ms / 1_000)} s: check that it runs`]
  }

  return {
    name: 'consumer groups',
    async start() {
      await refresher.refresh()
      refresher.start()
    },
    async stop() {
      refresher.stop()
    },
    async health() {
      await refresher.refresh()
      const problems = [...groups].flatMap(problemOf)
      if (problems.length > 0) return { healthy: false, blocking: false, reason: problems.join('; ') }
      return { healthy: true, reason: 'process the log' }
    },
  }
}
