import type { Alert, Notification } from '@northstar/alerting'
import { z } from 'zod'
import { defineChannel, OK } from '../../channel.ts'
import { deliver } from '../../deliver.ts'
import type { HttpCall } from '../../http-send.ts'
import { channelType, text, titleOnly } from '../../templates.ts'
import { cut, linesOf } from '../../text.ts'

const PRIORITIES = { P0: 'P1', P1: 'P2', P2: 'P3', P3: 'P5' } as const

const schema = z
  .strictObject({
    type: channelType('opsgenie'),
    api_key: text.describe('The key of an API integration.'),
    url: text.default('https://api.opsgenie.com').describe('Another root of the API, as of the EU.'),
    responders: z
      .array(z.strictObject({ type: z.string().describe('team, user, escalation or schedule.'), name: text.describe('Its name.') }))
      .default([])
      .describe('Who responds.'),
    ...titleOnly,
  })
  .describe('An alert of Opsgenie for each alert.')

type Config = z.output<typeof schema>

/** The calls of Opsgenie's Alert API v2 for one alert. The fingerprint is the alias. */
function callsOf(config: Config, notification: Notification, alert: Alert, publicUrl: string): readonly HttpCall[] {
  const headers = { 'content-type': 'application/json', authorization: `GenieKey ${config.api_key}` }
  const base = `${config.url.replace(/\/$/, '')}/v2/alerts`
  const post = (verb: string, body: object): HttpCall => ({
    url: `${base}/${alert.fingerprint}/${verb}?identifierType=alias`,
    headers,
    body: JSON.stringify(body),
  })
  if (notification.kind === 'acknowledged') {
    return [post('acknowledge', { source: 'northstar', user: cut(notification.acknowledgedBy ?? '', 100) })]
  }
  const close = post('close', { source: 'northstar' })
  if (alert.endsAt !== null) return [close]
  const body = JSON.stringify({
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
  const create = { url: base, headers, body }
  // An acknowledged alert notifies nobody again, so a worse one is opened as a new alert.
  if (notification.reason === 'worse') return [close, create]
  // A test opens an alert and leaves none open.
  return notification.reason === 'test' ? [create, close] : [create]
}

export const opsgenie = defineChannel({
  type: 'opsgenie',
  unit: 'alert',
  acknowledges: true,
  carriesDigests: false,
  schema,
  target: config => config.url,
  create: (config, deps) => async notification => {
    for (const alert of notification.alerts) {
      for (const call of callsOf(config, notification, alert, deps.publicUrl)) {
        const outcome = await deliver(deps.http, call, deps.now)
        if (outcome.kind !== 'ok') return outcome
      }
    }
    return OK
  },
})
