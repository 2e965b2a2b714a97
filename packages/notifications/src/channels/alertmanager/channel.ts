import type { Alert, Notification } from '@northstar/alerting'
import { DAY_MS, iso } from '@northstar/catalogue'
import { z } from 'zod'
import { alertUrl, defineChannel } from '../../channel.ts'
import { apiUrl, deliver, jsonCall } from '../../deliver.ts'
import { channelType, text } from '../../templates.ts'

/** Alertmanager resolves an alert that is not sent again. A firing one lasts longer than the usual repeat intervals. */
const FIRES_FOR_MS = 8 * DAY_MS
/** A test alert resolves by itself. */
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

/** `POST /api/v2/alerts`. Alertmanager identifies an alert by its labels, so that a repeat updates it. */
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
    const alerts = notification.alerts.map(alert => postableAlert(alert, notification, deps.publicUrl))
    return deliver(deps.http, jsonCall(apiUrl(config.url, '/api/v2/alerts'), alerts), deps.now)
  },
})
