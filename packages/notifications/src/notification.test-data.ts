import { type Alert, makeNotification, type Notification } from '@northstar/alerting'

/** The time of the notifications: the alerts began a minute before. */
export const NOW = Date.parse('2026-01-20T12:00:00Z')

export const alertOf = (over: Partial<Alert> = {}): Alert => ({
  fingerprint: '00f1e2d3c4b5a697',
  rule: 'high_error_rate',
  severity: 'P0',
  labels: { alertname: 'high_error_rate', severity: 'P0', product: 'caro', component: 'commands' },
  annotations: { summary: 'Error rate 37% is above 10%', action: 'Roll back <now> & here', runbook_url: 'https://example.com/run' },
  startsAt: NOW - 60_000,
  endsAt: null,
  value: 0.37,
  threshold: 0.1,
  ...over,
})

export function notificationOf(
  alerts: readonly Alert[] = [alertOf()],
  { kind = 'alerts', reason = 'new', createdAt = NOW }: Partial<Pick<Notification, 'kind' | 'reason' | 'createdAt'>> = {},
): Notification {
  const group = { key: '{}:{severity="P0"}', labels: { severity: 'P0' }, createdAt: NOW, seq: 3 }
  return makeNotification(group, { kind, reason, receiver: 'on-call', alerts, acknowledgedBy: 'ada', createdAt })
}
