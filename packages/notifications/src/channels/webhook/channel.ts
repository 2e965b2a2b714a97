import { createHmac } from 'node:crypto'
import type { Notification } from '@northstar/alerting'
import { iso } from '@northstar/catalogue'
import { z } from 'zod'
import { alertUrl, defineChannel } from '../../channel.ts'
import { deliver } from '../../deliver.ts'
import { channelType, text } from '../../templates.ts'

/** Alertmanager's webhook body, version 4. An alert without an end has Go's zero time. */
function alertmanagerBody(notification: Notification, publicUrl: string): Record<string, unknown> {
  return {
    version: '4',
    groupKey: notification.groupKey,
    truncatedAlerts: 0,
    status: notification.status,
    receiver: notification.receiver,
    groupLabels: notification.groupLabels,
    commonLabels: notification.commonLabels,
    commonAnnotations: notification.commonAnnotations,
    externalURL: publicUrl,
    alerts: notification.alerts.map(alert => ({
      status: alert.endsAt === null ? 'firing' : 'resolved',
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: iso(alert.startsAt),
      endsAt: alert.endsAt === null ? '0001-01-01T00:00:00Z' : iso(alert.endsAt),
      generatorURL: alertUrl(publicUrl, alert.fingerprint),
      fingerprint: alert.fingerprint,
    })),
  }
}

/** A secret `whsec_…` is the key in base64; of any other text the bytes are the key. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
}

/** The three headers of Standard Webhooks. The id is the same for every attempt; the time is that of the attempt, in whole seconds. */
function signedHeaders(secret: string, id: string, now: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(now / 1_000))
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  }
}

/** A signed POST of Alertmanager's body. */
export const webhook = defineChannel({
  type: 'webhook',
  unit: 'group',
  acknowledges: false,
  carriesDigests: true,
  schema: z
    .strictObject({
      type: channelType('webhook'),
      url: text.describe('The address that receives Alertmanager’s webhook body, version 4.'),
      secret: text
        .optional()
        .describe('The signing secret by Standard Webhooks: whsec_ and base64. Default: the one created at the first start.'),
    })
    .describe('Any receiver of Alertmanager’s webhooks.'),
  target: config => config.url,
  create: (config, deps) => notification => {
    const body = JSON.stringify(alertmanagerBody(notification, deps.publicUrl))
    const signed = signedHeaders(config.secret || deps.defaultWebhookSecret, notification.id, deps.now(), body)
    return deliver(deps.http, { url: config.url, headers: { 'content-type': 'application/json', ...signed }, body }, deps.now)
  },
})
