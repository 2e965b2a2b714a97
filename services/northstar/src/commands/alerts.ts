import { userInfo } from 'node:os'
import { formatMatcher, formatValue } from '@northstar/alerting'
import type { Alert, Answer, api, Silence } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { print, printAnswer, warn } from '../print.ts'
import { formatTable } from '../table.ts'
import { commentCommand, commentsCommand, showCommand, unknownRuleText } from './alert.ts'

export function alertsCommand(): Command {
  const command = new Command('alerts').description('Lists, acknowledges and silences alerts.')
  for (const one of [
    list(),
    showCommand(),
    acknowledge(),
    commentCommand(),
    commentsCommand(),
    silence(),
    silences(),
    unsilence(),
    history(),
    deliveries(),
    testChannel(),
  ])
    command.addCommand(one)
  return command
}

const withoutMillis = (time: string | null) => time?.replace(/\.\d+Z$/, 'Z') ?? null

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'admin'
  }
}

function list(): Command {
  return new Command('list')
    .description('Lists firing and pending alerts; with --all also those resolved within the last day.')
    .option('--all', 'include resolved alerts')
    .option('--json', 'print JSON')
    .action(async (options: { all?: boolean; json?: boolean }) => {
      const { alerts } = await callApi<Answer<typeof api.alerts.list>>(readSettings(), '/v1/alerts')
      const shown = alerts.filter(alert => options.all || alert.state !== 'resolved')
      printAnswer({ alerts: shown }, options.json, () => (shown.length === 0 ? 'No alerts firing.' : formatTable(shown.map(rowOf))))
    })
}

function rowOf(alert: Alert) {
  const notes = [
    alert.acknowledged_by && `acknowledged by ${alert.acknowledged_by}`,
    alert.silenced_by.length > 0 && 'silenced',
    alert.inhibited_by && 'inhibited',
    alert.ends_at && `resolved ${withoutMillis(alert.ends_at)}`,
  ]
  return {
    fingerprint: alert.fingerprint,
    severity: alert.severity,
    state: alert.state,
    since: withoutMillis(alert.starts_at),
    rule: alert.rule,
    summary: alert.annotations.summary ?? '',
    notes: notes.filter(Boolean).join(', '),
  }
}

function acknowledge(): Command {
  return new Command('ack')
    .description('Acknowledges an alert: stops escalation and repeats, and notifies its receivers.')
    .argument('<alert>', 'fingerprint, or rule name for all of its firing alerts')
    .option('--by <name>', 'name to acknowledge with', userName())
    .option('--json', 'print JSON')
    .action(async (alert: string, options: { by: string; json?: boolean }) => {
      const settings = readSettings()
      const named = /^[0-9a-f]{16}$/.test(alert) ? [alert] : await firingOf(alert)
      if (named.length === 0) {
        const unknown = await unknownRuleText(settings, alert)
        throw new Error(unknown ?? `no firing alert of rule "${alert}"`, { cause: unknown ? 'usage' : 'the running Northstar' })
      }
      const answers: Answer<typeof api.alerts.acknowledge>[] = []
      for (const fingerprint of named) {
        answers.push(await callApi(settings, `/v1/alerts/${fingerprint}/ack`, { method: 'POST', body: { by: options.by } }))
      }
      printAnswer(answers, options.json, () =>
        answers.map(one => `${one.rule} ${one.fingerprint}: acknowledged by ${one.acknowledged_by}`).join('\n'),
      )
    })
}

async function firingOf(rule: string): Promise<string[]> {
  const { alerts } = await callApi<Answer<typeof api.alerts.list>>(readSettings(), '/v1/alerts')
  return alerts.filter(one => one.rule === rule && one.state === 'firing').map(one => one.fingerprint)
}

function silence(): Command {
  return new Command('silence')
    .description('Silences alerts that match all matchers.')
    .argument('<matchers...>', 'such as alertname="low_csat" or severity=~"P1|P2"; a bare word is a rule name')
    .option('--for <duration>', 'duration, such as 2h', '1h')
    .option('--by <name>', 'creator of the silence', userName())
    .option('--comment <text>', 'reason', '')
    .option('--json', 'print JSON')
    .action(async (given: string[], options: { for: string; by: string; comment: string; json?: boolean }) => {
      const body = { matchers: given, duration: options.for, createdBy: options.by, comment: options.comment }
      const created = await callApi<Answer<typeof api.silences.create>>(readSettings(), '/v1/silences', { method: 'POST', body })
      for (const warning of created.warnings) warn(`Warning: ${warning}`)
      printAnswer(
        created,
        options.json,
        () =>
          `Created silence ${created.id}, active until ${withoutMillis(created.endsAt)}. Expire it with: northstar alerts unsilence ${created.id}`,
      )
    })
}

function silences(): Command {
  return new Command('silences')
    .description('Lists active and pending silences; with --all also expired ones.')
    .option('--all', 'include expired silences')
    .option('--json', 'print JSON')
    .action(async (options: { all?: boolean; json?: boolean }) => {
      const found = await callApi<Answer<typeof api.silences.list>>(readSettings(), '/v1/silences')
      const shown = found.silences.filter(one => options.all || one.status.state !== 'expired')
      const row = (one: Silence) => ({
        id: one.id,
        state: one.status.state,
        until: withoutMillis(one.endsAt),
        matchers: one.matchers.map(formatMatcher).join(' '),
        by: one.createdBy,
        comment: one.comment,
      })
      printAnswer({ silences: shown }, options.json, () => (shown.length === 0 ? 'No silences.' : formatTable(shown.map(row))))
    })
}

function unsilence(): Command {
  return new Command('unsilence')
    .description('Expires a silence; alerts that still fire notify again.')
    .argument('<id>', 'id from `northstar alerts silences`')
    .action(async (id: string) => {
      await callApi(readSettings(), `/v1/silences/${encodeURIComponent(id)}`, { method: 'DELETE' })
      print('Silence expired.')
    })
}

function history(): Command {
  return new Command('history')
    .description('Lists firings and resolutions, newest first.')
    .option('--rule <name>', 'only this rule')
    .option('--limit <count>', 'maximum number of rows', '100')
    .option('--json', 'print JSON')
    .action(async (options: { rule?: string; limit: string; json?: boolean }) => {
      const query = new URLSearchParams({ limit: options.limit, ...(options.rule && { rule: options.rule }) })
      const answer = await callApi<Answer<typeof api.alerts.history>>(readSettings(), `/v1/alerts/history?${query}`)
      const rows = answer.history.map(({ at, state, severity, rule, unit, value, threshold, fingerprint }) => ({
        at: withoutMillis(at),
        state,
        severity,
        rule,
        value: formatValue(value, unit ?? 'number', threshold),
        threshold: formatValue(threshold, unit ?? 'number', value),
        fingerprint,
      }))
      printAnswer(answer, options.json, () => (rows.length === 0 ? 'No alerts have fired.' : formatTable(rows)))
    })
}

function deliveries(): Command {
  return new Command('deliveries')
    .description('Lists notifications and their outcome, newest first.')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const answer = await callApi<Answer<typeof api.alerts.deliveries>>(readSettings(), '/v1/alerts/deliveries')
      const rows = answer.deliveries.map(({ at, channel, reason, rules, outcome, attempts, problem }) => ({
        at: withoutMillis(at),
        channel,
        reason,
        rules: rules.join(' '),
        outcome,
        attempts,
        problem: problem ?? '',
      }))
      printAnswer(answer, options.json, () => (rows.length === 0 ? 'No notifications sent.' : formatTable(rows)))
    })
}

function testChannel(): Command {
  return new Command('test-channel')
    .description('Sends a test message through a channel. Exits 1 if delivery fails.')
    .argument('<name>', 'channel name in channels.yaml')
    .option('--json', 'print JSON')
    .action(async (channel: string, options: { json?: boolean }) => {
      const answer = await callApi<Answer<typeof api.alerts.testChannel>>(readSettings(), '/v1/alerts/test-channel', {
        method: 'POST',
        body: { channel },
      })
      const ok = answer.kind === 'ok'
      printAnswer(answer, options.json, () =>
        ok ? `${channel} (${answer.type}): message delivered.` : `${channel} (${answer.type}): ${answer.reason}`,
      )
      if (!ok) process.exitCode = 1
    })
}
