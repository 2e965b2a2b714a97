import type { Alert, Notification } from '@northstar/alerting'

const SEVERITY_WORDS = { P0: 'Critical', P1: 'High', P2: 'Medium', P3: 'Low' } as const

export function cut(text: string, longest: number): string {
  const letters = Array.from(text)
  return letters.length <= longest ? text : `${letters.slice(0, longest - 1).join('')}…`
}

export const iso = (at: number) => new Date(at).toISOString()

/** One line for one alert. */
export function summaryOf(alert: Alert): string {
  return alert.annotations.summary ?? alert.rule
}

/** A heading for the whole message: `[FIRING:2] P0 Critical: high_error_rate`. */
export function titleOf(notification: Notification): string {
  const { alerts, commonLabels } = notification
  const count = (firing: boolean) => alerts.filter(alert => (alert.endsAt === null) === firing).length
  const [worst] = alerts.map(alert => alert.severity).sort()
  const names = [...new Set(alerts.map(alert => alert.rule))]
  const what = commonLabels.alertname ?? names.slice(0, 3).join(', ')
  const prefix = { acknowledged: 'ACKNOWLEDGED', escalation: `ESCALATED:${count(true)}` } as const
  const state =
    notification.kind === 'acknowledged'
      ? prefix.acknowledged
      : notification.reason === 'escalation'
        ? prefix.escalation
        : notification.status === 'firing'
          ? `FIRING:${count(true)}`
          : 'RESOLVED'
  const test = notification.reason === 'test' ? 'TEST ' : ''
  return `${test}[${state}]${worst ? ` ${worst} ${SEVERITY_WORDS[worst]}` : ''}: ${what}`
}

/** What to say of one alert, line by line. */
export function linesOf(alert: Alert): string[] {
  const { description, action, runbook_url: runbook } = alert.annotations
  return [
    `${alert.endsAt === null ? 'Firing' : 'Resolved'}: ${summaryOf(alert)}`,
    ...(description ? [description] : []),
    ...(alert.endsAt === null && action ? [`Action: ${action}`] : []),
    ...(runbook ? [`Runbook: ${runbook}`] : []),
    alert.endsAt === null ? `Since ${iso(alert.startsAt)}` : `From ${iso(alert.startsAt)} to ${iso(alert.endsAt)}`,
  ]
}

export function acknowledgement(notification: Notification): string | null {
  return notification.kind === 'acknowledged' ? `Acknowledged by ${notification.acknowledgedBy ?? 'somebody'}` : null
}
