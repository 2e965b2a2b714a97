import { type Alert, fillTemplate, type Notification } from '@northstar/alerting'
import type { MessageTemplates, TextVariable, TitleVariable } from './channel-config.ts'

const SEVERITY_WORDS = { P0: 'Critical', P1: 'High', P2: 'Medium', P3: 'Low' } as const

/** What channels say that have no templates of their own. */
const DEFAULTS = {
  title: '[{{ state }}] {{ severity }} {{ severity_word }}: {{ names }}',
  digest: 'Weekly digest: {{ names }}',
  text: [
    '{{ state }}: {{ summary }}',
    '{{ description }}',
    'Action: {{ action }}',
    'Runbook: {{ runbook_url }}',
    'Since {{ starts_at }}',
    'Until {{ ends_at }}',
  ].join('\n'),
} as const

export function cut(text: string, longest: number): string {
  const letters = Array.from(text)
  return letters.length <= longest ? text : `${letters.slice(0, longest - 1).join('')}…`
}

export const iso = (at: number) => new Date(at).toISOString()

/** One line for one alert. */
export function summaryOf(alert: Alert): string {
  return alert.annotations.summary ?? alert.rule
}

function stateOf(notification: Notification): string {
  const firing = notification.alerts.filter(alert => alert.endsAt === null).length
  if (notification.kind === 'acknowledged') return 'ACKNOWLEDGED'
  if (notification.reason === 'escalation') return `ESCALATED:${firing}`
  return notification.status === 'firing' ? `FIRING:${firing}` : 'RESOLVED'
}

/** A heading for the whole message: `[FIRING:2] P0 Critical: high_error_rate`. */
export function titleOf(notification: Notification, url: string, templates: MessageTemplates = {}): string {
  const { alerts, commonLabels, reason } = notification
  const [worst] = alerts.map(alert => alert.severity).sort()
  const names = [...new Set(alerts.map(alert => alert.rule))]
  const values: Record<TitleVariable, string | number> = {
    state: stateOf(notification),
    severity: worst ?? '',
    severity_word: worst ? SEVERITY_WORDS[worst] : '',
    names: commonLabels.alertname ?? (names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ')),
    count: alerts.length,
    receiver: notification.receiver,
    product: commonLabels.product ?? '',
    acknowledged_by: notification.acknowledgedBy ?? '',
    url,
  }
  const title = fill(templates.title ?? (reason === 'digest' ? DEFAULTS.digest : DEFAULTS.title), path =>
    path.startsWith('labels.') ? (commonLabels[path.slice(7)] ?? '') : known(values, path),
  )
  return `${reason === 'test' ? 'TEST ' : ''}${title.replaceAll('\n', ' ')}`
}

/** What to say of one alert, line by line; the template's, or the default's. */
export function linesOf(alert: Alert, url: string, template: string = DEFAULTS.text): string[] {
  const { annotations, labels, endsAt } = alert
  const values: Record<TextVariable, string> = {
    state: endsAt === null ? 'Firing' : 'Resolved',
    severity: alert.severity,
    severity_word: SEVERITY_WORDS[alert.severity],
    alertname: alert.rule,
    summary: summaryOf(alert),
    description: annotations.description ?? '',
    // There is nothing to do about what is over.
    action: endsAt === null ? (annotations.action ?? '') : '',
    runbook_url: annotations.runbook_url ?? '',
    value: annotations.value ?? '',
    threshold: annotations.threshold ?? '',
    starts_at: iso(alert.startsAt),
    ends_at: endsAt === null ? '' : iso(endsAt),
    fingerprint: alert.fingerprint,
    url: `${url}/?alert=${alert.fingerprint}`,
  }
  return fill(template, path => {
    if (path.startsWith('labels.')) return labels[path.slice(7)] ?? ''
    if (path.startsWith('annotations.')) return annotations[path.slice(12)] ?? ''
    return known(values, path)
  }).split('\n')
}

const known = <V extends string | number>(values: Readonly<Record<string, V>>, path: string): V | undefined =>
  Object.hasOwn(values, path) ? values[path] : undefined

/** Fills a template in; a line whose variables are all empty says nothing and is left out. */
function fill(template: string, find: (path: string) => string | number | undefined): string {
  return template
    .split('\n')
    .flatMap(line => {
      let asked = 0
      let empty = 0
      const filled = fillTemplate(line, path => {
        const found = find(path)
        asked++
        if (found === '') empty++
        return found
      })
      return asked > 0 && asked === empty ? [] : [filled]
    })
    .join('\n')
}

export function acknowledgement(notification: Notification): string | null {
  return notification.kind === 'acknowledged' ? `Acknowledged by ${notification.acknowledgedBy ?? 'somebody'}` : null
}
