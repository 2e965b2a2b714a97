import type { Alert, Notification } from '@northstar/alerting'
import { z } from 'zod'
import { alertUrl, defineChannel } from '../../channel.ts'
import { deliver } from '../../deliver.ts'
import { channelType, text } from '../../templates.ts'
import { iso } from '../../text.ts'

/** An Alertmanager forgets an alert that is not sent again: a firing one is given this long, more than the longest usual repeat. */
const FIRES_FOR_MS = 8 * 86_400_000
/** A test ends by itself. */
const TEST_FIRES_FOR_MS = 60_000

/** The fields of an alert in Alertmanager's API v2, which groups and routes by itself. */
function postableAlert(alert: Alert, { createdAt, reason }: Notification, publicUrl: string): Record<string, unknown> {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    startsAt: iso(alert.startsAt),
    endsAt: iso(alert.endsAt ?? createdAt + (reason === 'test' ? TEST_FIRES_FOR_MS : FIRES_FOR_MS)),
    generatorURL: alertUrl(publicUrl, alert.fingerprint),
  }
}

/** `POST /api/v2/alerts`. The labels identify the alert there, so that a repeat joins it. */
export const alertmanager = defineChannel({
  type: 'alertmanager',
  unit: 'group',
  acknowledges: false,
  carriesDigests: false,
  schema: z
    .strictObject({ type: channelType('alertmanager'), url: text.describe('The root of the Alertmanager.') })
    .describe('An Alertmanager that does the routing itself.'),
  target: config => config.url,
  create: (config, deps) => notification => {
    const body = JSON.stringify(notification.alerts.map(alert => postableAlert(alert, notification, deps.publicUrl)))
    const url = `${config.url.replace(/\/$/, '')}/api/v2/alerts`
    return deliver(deps.http, { url, headers: { 'content-type': 'application/json' }, body }, deps.now)
  },
})
