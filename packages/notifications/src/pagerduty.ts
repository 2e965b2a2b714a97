import type { Alert } from '@northstar/alerting'
import type { Channel, ChannelDeps } from './channel.ts'
import type { MessageTemplates } from './channel-config.ts'
import { sendAll, sendAndJudge } from './outcome.ts'
import { cut, iso, linesOf } from './text.ts'

const SEVERITIES = { P0: 'critical', P1: 'error', P2: 'warning', P3: 'info' } as const

interface PagerDutyConfig {
  readonly routing_key: string
  readonly url: string
  readonly template?: Pick<MessageTemplates, 'title'>
}

/** One event of PagerDuty's Events API v2. The fingerprint is the key, so that a repeat joins its incident. */
function eventOf(alert: Alert, action: 'trigger' | 'acknowledge' | 'resolve', config: PagerDutyConfig, externalUrl: string): string {
  const link = `${externalUrl}/?alert=${alert.fingerprint}`
  return JSON.stringify({
    routing_key: config.routing_key,
    event_action: action,
    dedup_key: `northstar/${alert.labels.product ?? ''}/${alert.fingerprint}`,
    ...(action === 'trigger' && {
      client: 'Northstar',
      client_url: externalUrl,
      links: [
        { href: link, text: 'Alert' },
        ...(alert.annotations.runbook_url ? [{ href: alert.annotations.runbook_url, text: 'Runbook' }] : []),
      ],
      payload: {
        summary: cut(linesOf(alert, externalUrl, config.template?.title ?? '{{ summary }}').join(' '), 1_024),
        source: alert.labels.product ?? 'northstar',
        severity: SEVERITIES[alert.severity],
        timestamp: iso(alert.startsAt),
        component: alert.labels.component,
        group: alert.labels.product,
        class: alert.rule,
        custom_details: { ...alert.labels, ...alert.annotations, value: alert.value, threshold: alert.threshold },
      },
    }),
  })
}

export function createPagerDuty(config: PagerDutyConfig, deps: ChannelDeps): Channel {
  return {
    type: 'pagerduty',
    unit: 'alert',
    acknowledges: true,
    send(notification) {
      const calls = notification.alerts.map(alert => ({
        url: config.url,
        headers: { 'content-type': 'application/json' },
        body: eventOf(alert, actionOf(notification.kind, alert), config, deps.externalUrl),
      }))
      return sendAll(calls, call => sendAndJudge(deps.http, call, deps.now))
    },
  }
}

function actionOf(kind: 'alerts' | 'acknowledged', alert: Alert): 'trigger' | 'acknowledge' | 'resolve' {
  if (kind === 'acknowledged') return 'acknowledge'
  return alert.endsAt === null ? 'trigger' : 'resolve'
}
