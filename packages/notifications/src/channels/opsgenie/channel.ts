import type { Alert, Notification } from '@northstar/alerting'
import { z } from 'zod'
import { defineChannel } from '../../channel.ts'
import { apiUrl, deliverAll, jsonCall } from '../../deliver.ts'
import type { HttpCall } from '../../http-send.ts'
import { channelType, text, titleOnly } from '../../templates.ts'
import { cut, linesOf } from '../../text.ts'

const PRIORITIES = { P0: 'P1', P1: 'P2', P2: 'P3', P3: 'P5' } as const

const schema = z
  .strictObject({
    type: channelType('opsgenie'),
    api_key: text.describe('The key of an API integration.'),
    url: text.default('https://api.opsgenie.com').describe('The root of the API; another one in the EU.'),
    responders: z
      .array(z.strictObject({ type: z.string().describe('team, user, escalation or schedule.'), name: text.describe('Its name.') }))
      .default([])
      .describe('The responders.'),
    ...titleOnly,
  })
  .describe('An alert of Opsgenie for each alert.')

type Config = z.output<typeof schema>

/** The calls of Opsgenie's Alert API v2 for one alert. The fingerprint is the alias. */
function callsOf(config: Config, notification: Notification, alert: Alert, publicUrl: string): readonly HttpCall[] {
  const call = (path: string, body: object) => jsonCall(apiUrl(config.url, path), body, { authorization: `GenieKey ${config.api_key}` })
  const act = (verb: string, body: object) => call(`/v2/alerts/${alert.fingerprint}/${verb}?identifierType=alias`, body)
  if (notification.kind === 'acknowledged') {
    return [act('acknowledge', { source: 'northstar', user: cut(notification.acknowledgedBy ?? '', 100) })]
  }
  const close = act('close', { source: 'northstar' })
  if (alert.endsAt !== null) return [close]
  const create = call('/v2/alerts', {
    message: cut(linesOf(notification, alert, publicUrl, config.template?.title ?? '{{ summary }}').join(' '), 130),
    alias: alert.fingerprint,
    description: cut(linesOf(notification, alert, publicUrl).join('\n'), 15_000),
    ...(config.responders.length > 0 && { responders: config.responders }),
    tags: [alert.severity, cut(alert.rule, 50)],
    details: alert.labels,
    entity: cut(alert.labels.product ?? 'northstar', 512),
    source: 'northstar',
    priority: PRIORITIES[alert.severity],
  })
  // Opsgenie does not notify again for an acknowledged alert, so a more severe one is opened again.
  if (notification.reason === 'worse') return [close, create]
  // A test closes its alert.
  return notification.reason === 'test' ? [create, close] : [create]
}

export const opsgenie = defineChannel({
  type: 'opsgenie',
  unit: 'alert',
  acknowledges: true,
  carriesDigests: false,
  schema,
  target: config => config.url,
  create: (config, deps) => notification => {
    const calls = notification.alerts.flatMap(alert => callsOf(config, notification, alert, deps.publicUrl))
    return deliverAll(deps.http, calls, deps.now)
  },
})
