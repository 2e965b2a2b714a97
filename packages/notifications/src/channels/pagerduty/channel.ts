import type { Alert, Notification } from '@northstar/alerting'
import { z } from 'zod'
import { alertUrl, defineChannel, OK } from '../../channel.ts'
import { deliver } from '../../deliver.ts'
import { channelType, text, titleOnly } from '../../templates.ts'
import { cut, iso, linesOf } from '../../text.ts'

const SEVERITIES = { P0: 'critical', P1: 'error', P2: 'warning', P3: 'info' } as const

const schema = z
  .strictObject({
    type: channelType('pagerduty'),
    routing_key: text.describe('The integration key of the service, Events API v2.'),
    url: text.default('https://events.pagerduty.com/v2/enqueue').describe('Another address of the API, as of the EU.'),
    ...titleOnly,
  })
  .describe('An incident of PagerDuty for each alert.')

type Action = 'trigger' | 'acknowledge' | 'resolve'

/** One event of PagerDuty's Events API v2. The fingerprint is in the key, so that a repeat joins its incident. */
function eventOf(notification: Notification, alert: Alert, action: Action, config: z.output<typeof schema>, publicUrl: string): string {
  const { annotations, labels } = alert
  return JSON.stringify({
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
  })
}

function actionsOf({ kind, reason }: Notification, alert: Alert): readonly Action[] {
  if (kind === 'acknowledged') return ['acknowledge']
  // An acknowledged incident calls nobody again, so a worse alert gets a new one.
  if (reason === 'worse') return ['resolve', 'trigger']
  // A test opens an incident and leaves none open.
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
  create: (config, deps) => async notification => {
    for (const alert of notification.alerts) {
      for (const action of actionsOf(notification, alert)) {
        const body = eventOf(notification, alert, action, config, deps.publicUrl)
        const outcome = await deliver(deps.http, { url: config.url, headers: { 'content-type': 'application/json' }, body }, deps.now)
        if (outcome.kind !== 'ok') return outcome
      }
    }
    return OK
  },
})
