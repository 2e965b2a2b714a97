import { formatValue } from '@northstar/alerting'
import { nearest } from '@northstar/catalogue'
import type { Alert, AlertChanges, AlertComment, Answer, api } from '@northstar/http-api'
import { readSettings, type Settings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { printAnswer } from '../print.ts'
import { formatTable, formatUnit } from '../table.ts'

/** The message for an unknown rule, with the nearest name; null for a rule that exists. */
export async function unknownRuleText(settings: Settings, name: string): Promise<string | null> {
  const { rules } = await callApi<Answer<typeof api.rules.list>>(settings, '/v1/rules')
  const names = rules.map(({ rule }) => rule)
  if (names.includes(name)) return null
  const near = nearest(name, names)
  return `there is no rule "${name}"${near === undefined ? `. Rules: ${names.join(', ')}` : `; did you mean "${near}"?`}`
}

/** Resolves a fingerprint, or a rule's name to its most urgent or latest alert. */
async function fingerprintOf(settings: Settings, named: string): Promise<string> {
  if (/^[0-9a-f]{16}$/.test(named)) return named
  const { alerts } = await callApi<Answer<typeof api.alerts.list>>(settings, '/v1/alerts')
  const current = alerts.find(({ rule }) => rule === named)
  if (current) return current.fingerprint
  const path = `/v1/alerts/history?${new URLSearchParams({ rule: named, limit: '1' })}`
  const { history } = await callApi<Answer<typeof api.alerts.history>>(settings, path)
  const [last] = history
  if (last) return last.fingerprint
  const unknown = await unknownRuleText(settings, named)
  if (unknown !== null) throw new Error(unknown, { cause: 'usage' })
  throw new Error(`the rule "${named}" has never fired`, { cause: 'the running Northstar' })
}

export function showCommand(): Command {
  return new Command('show')
    .description('Prints one alert: its values, what changed, who was notified, and its comments.')
    .argument('<alert>', 'fingerprint, or rule name')
    .option('--json', 'print JSON')
    .action(async (named: string, options: { json?: boolean }) => {
      const settings = readSettings()
      const path = `/v1/alerts/${await fingerprintOf(settings, named)}`
      const alert = await callApi<Alert>(settings, path)
      const [changes, { comments }] = await Promise.all([
        callApi<AlertChanges>(settings, `${path}/changes`),
        callApi<Answer<typeof api.alert.comments>>(settings, `/v1/alerts/comments?fingerprint=${alert.fingerprint}`),
      ])
      printAnswer({ alert, changes, comments }, options.json, () => alertText(alert, changes, comments))
    })
}

function alertText(alert: Alert, { before, after, properties }: AlertChanges, comments: readonly AlertComment[]): string {
  const unit = alert.unit ?? 'number'
  const figure = (value: number | null, other?: number | null) => formatValue(value, unit, other)
  const members = properties.flatMap(({ property, members: found }) =>
    found
      .filter(({ contribution }) => contribution !== 0)
      .map(({ member, before: earlier, after: later, contribution }) => {
        const counts = { before: figure(earlier.value), at_start: figure(later.value), contribution: signed(contribution, unit) }
        return { property, member: member ?? '(none)', ...counts }
      }),
  )
  const sent = alert.notifications.map(({ at, receiver, channel, outcome, problem }) => ({ at, receiver, channel, outcome, problem }))
  return [
    `${alert.severity} ${alert.annotations.summary ?? alert.rule} (${alert.rule} ${alert.fingerprint})`,
    `${alert.state} since ${alert.starts_at}${alert.ends_at ? `, ended ${alert.ends_at}` : ''}; value ${figure(alert.value, alert.threshold)}, limit ${figure(alert.threshold, alert.value)}`,
    ...(alert.annotations.action ? [`Action: ${alert.annotations.action}`] : []),
    ...(alert.acknowledged_by ? [`Acknowledged by ${alert.acknowledged_by}`] : []),
    '',
    `${figure(before.value, after.value)} before (${before.from} to ${before.to}), ${figure(after.value, before.value)} at the start`,
    ...(members.length > 0 ? [formatTable(members)] : []),
    '',
    sent.length > 0 ? formatTable(sent) : 'No notifications sent.',
    ...comments.toReversed().map(({ at, by, text }) => `\n${at} ${by}: ${text}`),
  ].join('\n')
}

/** A part of the change of a metric: `+3.2 pp` of a ratio, else in the metric's unit. */
const signed = (change: number, unit: NonNullable<Alert['unit']>) =>
  unit === 'ratio' ? formatUnit(change, unit, true) : `${change > 0 ? '+' : ''}${formatUnit(change, unit)}`

export function commentCommand(): Command {
  return new Command('comment')
    .description('Adds a comment to an alert.')
    .argument('<alert>', 'fingerprint, or rule name')
    .argument('<text>', 'the comment')
    .option('--json', 'print JSON')
    .action(async (named: string, text: string, options: { json?: boolean }) => {
      const settings = readSettings()
      const path = `/v1/alerts/${await fingerprintOf(settings, named)}/comments`
      const added = await callApi<Answer<typeof api.alert.comment>>(settings, path, { method: 'POST', body: { text } })
      printAnswer(added, options.json, () => `${added.rule} ${added.fingerprint}: comment added`)
    })
}

export function commentsCommand(): Command {
  return new Command('comments')
    .description('Exports the comments on all alerts, newest first.')
    .option('--limit <count>', 'maximum number of comments', '1000')
    .option('--json', 'print JSON')
    .action(async (options: { limit: string; json?: boolean }) => {
      const path = `/v1/alerts/comments?${new URLSearchParams({ limit: options.limit })}`
      const answer = await callApi<Answer<typeof api.alert.comments>>(readSettings(), path)
      const rows = answer.comments.map(({ at, rule, fingerprint, by, text }) => ({ at, rule, fingerprint, by, text }))
      printAnswer(answer, options.json, () => (rows.length === 0 ? 'No comments.' : formatTable(rows)))
    })
}
