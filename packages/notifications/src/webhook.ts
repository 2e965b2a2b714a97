import type { Notification } from '@northstar/alerting'
import type { Channel, ChannelDeps } from './channel.ts'
import { sendAndJudge } from './outcome.ts'
import { signedHeaders } from './standard-webhooks.ts'
import { iso } from './text.ts'

/** Alertmanager's webhook body, version 4. An alert without an end has the zero time, as Go prints it. */
export function alertmanagerBody(notification: Notification, externalUrl: string): Record<string, unknown> {
  return {
    version: '4',
    groupKey: notification.groupKey,
    truncatedAlerts: 0,
    status: notification.status,
    receiver: notification.receiver,
    groupLabels: notification.groupLabels,
    commonLabels: notification.commonLabels,
    commonAnnotations: notification.commonAnnotations,
    externalURL: externalUrl,
    alerts: notification.alerts.map(alert => ({
      status: alert.endsAt === null ? 'firing' : 'resolved',
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: iso(alert.startsAt),
      endsAt: alert.endsAt === null ? '0001-01-01T00:00:00Z' : iso(alert.endsAt),
      generatorURL: `${externalUrl}/?alert=${alert.fingerprint}`,
      fingerprint: alert.fingerprint,
    })),
  }
}

/** A signed POST of Alertmanager's body. */
export function createWebhook(config: { readonly url: string; readonly secret: string }, deps: ChannelDeps): Channel {
  return {
    type: 'webhook',
    unit: 'group',
    acknowledges: false,
    send(notification) {
      const body = JSON.stringify(alertmanagerBody(notification, deps.externalUrl))
      const headers = { 'content-type': 'application/json', ...signedHeaders(config.secret, notification.id, deps.now(), body) }
      return sendAndJudge(deps.http, { url: config.url, headers, body }, deps.now)
    },
  }
}
