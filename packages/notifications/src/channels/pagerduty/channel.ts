import type { Alert, Notification } from '@northstar/alerting'
import { iso } from '@northstar/catalogue'
import { z } from 'zod'
import { alertUrl, defineChannel } from '../../channel.ts'
import { deliverAll, jsonCall } from '../../deliver.ts'
import { channelType, text, titleOnly } from '../../templates.ts'
import { cut, linesOf } from '../../text.ts'

const SEVERITIES = { P0: 'critical', P1: 'error', P2: 'warning', P3: 'info' } as const

const schema = z
  .strictObject({
    type: channelType('pagerduty'),
    routing_key: text.describe('The integration key of the service, Events API v2.'),
    url: text.default('https://events.pagerduty.com/v2/enqueue').describe('The address of the API; another one in the EU.'),
    ...titleOnly,
  })
  .describe('An incident of PagerDuty for each alert.')

type Action = 'trigger' | 'acknowledge' | 'resolve'

/** One event of PagerDuty's Events API v2. The key contains the fingerprint, so that a repeat updates its incident. */
function eventOf(notification: Notification, alert: Alert, action: Action, config: z.output<typeof schema>, publicUrl: string): object {
  const { annotations, labels } = alert
  return {
    routing_key: config.routing_key,
    event_action: action,
    dedup_key: `northstar/${labels.product ?? ''}/${alert.fingerprint}`,
    ...(action === 'trigger' && {
      client: 'Northstar',
      client_url: publicUrl,
      links: [
        { href: alertUrl(publicUrl, alert.fingerprint), text: 'Alert' },
        ...(URL.canParse(annotations.runbook_url ?? '') ? [{ href: annotations.runbook_url, text: 'Runbook' }] : []),
      ],
      payload: {
        summary: cut(linesOf(notification, alert, publicUrl, config.template?.title ?? '{{ summary }}').join(' '), 1_024),
        source: labels.product ?? 'northstar',
        severity: SEVERITIES[alert.severity],
        timestamp: iso(alert.startsAt),
        component: labels.component,
        group: labels.product,
        class: alert.rule,
        custom_details: { ...labels, ...annotations, value: alert.value, threshold: alert.threshold },
      },
    }),
  }
}

function actionsOf({ kind, reason }: Notification, alert: Alert): readonly Action[] {
  if (kind === 'acknowledged') return ['acknowledge']
  // PagerDuty does not notify again for an acknowledged incident, so a worse alert opens a new one.
  if (reason === 'worse') return ['resolve', 'trigger']
  // A test resolves its incident.
  if (reason === 'test') return ['trigger', 'resolve']
  return [alert.endsAt === null ? 'trigger' : 'resolve']
}

export const pagerduty = defineChannel({
  type: 'pagerduty',
  unit: 'alert',
  acknowledges: true,
  carriesDigests: false,
  schema,
  target: config => config.url,
  create: (config, deps) => notification => {
    const calls = notification.alerts.flatMap(alert =>
      actionsOf(notification, alert).map(action => jsonCall(config.url, eventOf(notification, alert, action, config, deps.publicUrl))),
    )
    return deliverAll(deps.http, calls, deps.now)
  },
})
