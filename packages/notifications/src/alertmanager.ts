import type { Alert } from '@northstar/alerting'
import type { Channel, ChannelDeps } from './channel.ts'
import { sendAndJudge } from './outcome.ts'
import { iso } from './text.ts'

/** An Alertmanager forgets what nobody sends again: what fires is given this long, which is more than the longest usual repeat. */
const FIRES_FOR_MS = 8 * 86_400_000

/** The fields of an alert in Alertmanager's API v2; grouping, routing and telling people is its work then. */
function postableAlert(alert: Alert, createdAt: number, externalUrl: string): Record<string, unknown> {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: iso(alert.startsAt),
    endsAt: iso(alert.endsAt ?? createdAt + FIRES_FOR_MS),
    generatorURL: `${externalUrl}/?alert=${alert.fingerprint}`,
  }
}

/** `POST /api/v2/alerts`. The labels are the alert's name there, so that a repeat joins it. */
export function createAlertmanager(config: { readonly url: string }, deps: ChannelDeps): Channel {
  return {
    type: 'alertmanager',
    unit: 'group',
    acknowledges: false,
    send(notification) {
      const body = JSON.stringify(notification.alerts.map(alert => postableAlert(alert, notification.createdAt, deps.externalUrl)))
      const url = `${config.url.replace(/\/$/, '')}/api/v2/alerts`
      return sendAndJudge(deps.http, { url, headers: { 'content-type': 'application/json' }, body }, deps.now)
    },
  }
}
