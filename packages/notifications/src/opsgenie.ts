import type { Alert, Notification } from '@northstar/alerting'
import type { Channel, ChannelDeps } from './channel.ts'
import type { MessageTemplates } from './channel-config.ts'
import type { HttpCall } from './http-send.ts'
import { sendAll, sendAndJudge } from './outcome.ts'
import { cut, linesOf } from './text.ts'

const PRIORITIES = { P0: 'P1', P1: 'P2', P2: 'P3', P3: 'P5' } as const

interface OpsgenieConfig {
  readonly api_key: string
  readonly url: string
  readonly template?: Pick<MessageTemplates, 'title'>
  readonly responders: readonly { readonly type: string; readonly name: string }[]
}

function callOf(config: OpsgenieConfig, notification: Notification, alert: Alert, externalUrl: string): HttpCall {
  const headers = { 'content-type': 'application/json', authorization: `GenieKey ${config.api_key}` }
  const base = `${config.url.replace(/\/$/, '')}/v2/alerts`
  const alias = alert.fingerprint
  const existing = `${base}/${alias}`
  if (notification.kind === 'acknowledged') {
    const body = JSON.stringify({ source: 'northstar', user: cut(notification.acknowledgedBy ?? '', 100) })
    return { url: `${existing}/acknowledge?identifierType=alias`, headers, body }
  }
  if (alert.endsAt !== null) {
    return { url: `${existing}/close?identifierType=alias`, headers, body: JSON.stringify({ source: 'northstar' }) }
  }
  const body = JSON.stringify({
    message: cut(linesOf(alert, externalUrl, config.template?.title ?? '{{ summary }}').join(' '), 130),
    alias,
    description: cut(linesOf(alert, externalUrl).join('\n'), 15_000),
    ...(config.responders.length > 0 && { responders: config.responders }),
    tags: [alert.severity, alert.rule],
    details: alert.labels,
    entity: cut(alert.labels.product ?? 'northstar', 512),
    source: 'northstar',
    priority: PRIORITIES[alert.severity],
  })
  return { url: base, headers, body }
}

/** Opsgenie's Alert API v2; the fingerprint is the alias. */
export function createOpsgenie(config: OpsgenieConfig, deps: ChannelDeps): Channel {
  return {
    type: 'opsgenie',
    unit: 'alert',
    acknowledges: true,
    send: notification =>
      sendAll(
        notification.alerts.map(alert => callOf(config, notification, alert, deps.externalUrl)),
        call => sendAndJudge(deps.http, call, deps.now),
      ),
  }
}
