import { type Component, createRefresher, type Logger, type Metrics } from '@northstar/runtime'
import type { LogIncident, LogIncidents } from './incidents.ts'

const EVERY_MS = 5_000

/** Reports open incidents in the process's health and metrics. While the state store does not answer, the last known ones are reported. */
export function createIncidentWatch(incidents: LogIncidents, { metrics, logger }: { metrics: Metrics; logger: Logger }): Component {
  let open: readonly LogIncident[] = []

  async function read(): Promise<void> {
    open = (await incidents.list()).filter(({ acknowledgedAt }) => acknowledgedAt === null)
    metrics.logIncidents.reset()
    for (const { group, kind } of open) metrics.logIncidents.inc({ group, kind })
  }

  const refresher = createRefresher({ everyMs: EVERY_MS, read, failure: 'cannot read the incidents of the event log', logger })

  return {
    name: 'event log incidents',
    async start() {
      await refresher.refresh()
      refresher.start()
    },
    async stop() {
      refresher.stop()
    },
    async health() {
      await refresher.refresh()
      const [newest, ...others] = open
      if (!newest) return { healthy: true, reason: 'none is open' }
      const more = others.length > 0 ? ` And ${others.length} more.` : ''
      return {
        healthy: false,
        blocking: false,
        reason: `${newest.group}: ${newest.detail}${more} Acknowledge with: northstar incidents --acknowledge`,
      }
    },
  }
}
