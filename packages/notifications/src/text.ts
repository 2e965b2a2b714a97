import { type Alert, fillTemplate, labelOf, type Notification } from '@northstar/alerting'
import { iso } from '@northstar/catalogue'
import { alertUrl } from './channel.ts'
import type { MessageTemplates, TextVariable, TitleVariable } from './templates.ts'

const SEVERITY_WORDS = { P0: 'Critical', P1: 'High', P2: 'Medium', P3: 'Low' } as const

const DEFAULTS = {
  title: '[{{ state }}] {{ severity }} {{ severity_word }}: {{ names }}',
  digest: 'Weekly digest: {{ names }}',
  test: '[TEST] Northstar can notify {{ receiver }}',
  text: [
    '{{ state }}: {{ summary }}',
    '{{ description }}',
    'Action: {{ action }}',
    'Runbook: {{ runbook_url }}',
    'Since {{ starts_at }}',
    'Until {{ ends_at }}',
    '{{ url }}',
  ].join('\n'),
} as const

/** Cuts a text to a number of characters, with an ellipsis. */
export function cut(text: string, longest: number): string {
  const characters = Array.from(text)
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join('')}…`
}

/** The summary of an alert in one line, never blank. */
export function summaryOf(alert: Alert): string {
  return alert.annotations.summary?.trim() || alert.rule
}

function stateOf({ alerts, kind, reason, status }: Notification): string {
  const firing = alerts.filter(alert => alert.endsAt === null).length
  if (kind === 'acknowledged') return 'ACKNOWLEDGED'
  if (reason === 'test') return 'TEST'
  if (reason === 'escalation') return `ESCALATED:${firing}`
  return status === 'firing' ? `FIRING:${firing}` : 'RESOLVED'
}

/** The heading of the whole message: `[FIRING:2] P0 Critical: high_error_rate`. Never blank. */
export function titleOf(notification: Notification, publicUrl: string, templates: MessageTemplates = {}): string {
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
    url: publicUrl,
  }
  const filled = (template: string) =>
    fill(template, path => (path.startsWith('labels.') ? (commonLabels[path.slice(7)] ?? '') : known(values, path)))
      .replaceAll('\n', ' ')
      .trim()
  const standard = DEFAULTS[reason === 'digest' || reason === 'test' ? reason : 'title']
  const title = templates.title === undefined ? '' : filled(templates.title)
  return title === '' ? filled(standard) : `${reason === 'test' ? '[TEST] ' : ''}${title}`
}

/** The text of one alert of the notification, line by line, by the template or the default. Never blank. */
export function linesOf(notification: Notification, alert: Alert, publicUrl: string, template: string = DEFAULTS.text): string[] {
  const { annotations, labels, endsAt } = alert
  const isTest = notification.reason === 'test'
  const values: Record<TextVariable, string> = {
    state: isTest ? 'Test' : endsAt === null ? 'Firing' : 'Resolved',
    severity: alert.severity,
    severity_word: SEVERITY_WORDS[alert.severity],
    alertname: alert.rule,
    summary: summaryOf(alert),
    description: annotations.description ?? '',
    // A resolved alert needs no action.
    action: endsAt === null ? (annotations.action ?? '') : '',
    runbook_url: annotations.runbook_url ?? '',
    value: annotations.value ?? '',
    threshold: annotations.threshold ?? '',
    starts_at: iso(alert.startsAt),
    ends_at: endsAt === null ? '' : iso(endsAt),
    fingerprint: alert.fingerprint,
    url: isTest ? `${publicUrl}/alerts` : alertUrl(publicUrl, alert.fingerprint),
  }
  const filled = fill(template, path => {
    if (path.startsWith('labels.')) return labelOf(labels, path.slice(7))
    if (path.startsWith('annotations.')) return labelOf(annotations, path.slice(12))
    return known(values, path)
  })
  return (filled.trim() === '' ? summaryOf(alert) : filled).split('\n')
}

const known = <V extends string | number>(values: Readonly<Record<string, V>>, path: string): V | undefined =>
  Object.hasOwn(values, path) ? values[path] : undefined

/** Fills in a template. A line whose variables are all empty is omitted. */
function fill(template: string, find: (path: string) => string | number | undefined): string {
  return template
    .split('\n')
    .flatMap(line => {
      let variables = 0
      let empty = 0
      const filled = fillTemplate(line, path => {
        const found = find(path)
        variables++
        if (found === '') empty++
        return found
      })
      return variables > 0 && variables === empty ? [] : [filled]
    })
    .join('\n')
}

/** `Acknowledged by NAME`; null for other notifications. */
export function acknowledgement(notification: Notification): string | null {
  return notification.kind === 'acknowledged' ? `Acknowledged by ${notification.acknowledgedBy ?? 'somebody'}` : null
}
