import { cp, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { checkFolder } from './check.ts'

const product = fileURLToPath(new URL('../../../../deploy/products/caro', import.meta.url))

/** The product with a mistake in one of its files. */
async function withMistake(file: string, from: string, to: string) {
  const folder = await tempFolder('check')
  try {
    await cp(product, folder.path, { recursive: true })
    const text = await readFile(`${folder.path}/${file}`, 'utf8')
    expect(text).toContain(from)
    await writeFile(`${folder.path}/${file}`, text.replace(from, to))
    const { problems } = checkFolder(folder.path, {})
    return problems.map(({ file: name, line, nearest }) => ({ file: name, line: text.split('\n')[line - 1]?.trim(), nearest }))
  } finally {
    await folder.remove()
  }
}

test.each([
  ['product.yaml', 'timezone:', 'timezon:', 'timezone'],
  ['tracking-plan.yaml', 'issue_number: number', 'issue_number: numbr', 'number'],
  ['metrics.yaml', 'kind: percentile', 'kind: percentil', 'percentile'],
  ['metrics.yaml', 'of: duration_ms', 'of: duration', 'duration_ms'],
  ['alerts.yaml', 'metric: crash_rate', 'metric: crash_rat', 'crash_rate'],
  ['channels.yaml', 'receivers:', 'receiver:', 'receivers'],
  ['simulation.yaml', 'event: feature_used', 'event: feature_use', 'feature_used'],
  ['simulation.yaml', 'per_session:', 'per_sesion:', 'per_session'],
  ['alerts.test.yaml', 'alert_rule_test:', 'alert_rule_tests:', 'alert_rule_test'],
  ['dashboard.yaml', 'metric: downloads', 'metric: downlods', 'downloads'],
])('a mistake in %s: %s as %s', async (file, from, to, nearest) => {
  const text = await readFile(`${product}/${file}`, 'utf8')
  const line = text.split('\n').find(one => one.includes(from))
  const found = await withMistake(file, from, to)
  expect(found).toContainEqual({ file, line: line?.trim(), nearest })
})

/** For each file: a text, its replacement with a mistake, and the intended word. */
const DAMAGE: Readonly<Record<string, readonly (readonly [string, string, string?])[]>> = {
  'product.yaml': [
    ['title: Caro CLI', 'titel: Caro CLI', 'title'],
    ['launch: 2026-01-15', 'launch: 2026-02-30'],
  ],
  'tracking-plan.yaml': [
    ['values: [macos', 'valus: [macos', 'values'],
    ['max_length: 16384', 'max_length: long'],
    ['rating:\n        type: integer', 'rating:\n        type: intger', 'integer'],
    ['description: The peak memory of a run.', 'descripton: The peak memory of a run.', 'description'],
    ['issue_number: number', 'issue_number: numbr', 'number'],
  ],
  'metrics.yaml': [
    ['by: [platform]\n    target:\n      weeks: [150', 'by: [platfrm]\n    target:\n      weeks: [150', 'platform'],
    ['indicator: leading', 'indicator: leding', 'leading'],
    ['public: true\n    unit: count\n    kind: unique', 'publik: true\n    unit: count\n    kind: unique', 'public'],
    ['unit: ratio\n    kind: share', 'unit: rato\n    kind: share', 'ratio'],
    ['kind: churn\n    events: command_generated', 'kind: churn\n    events: comand_generated', 'command_generated'],
    ['category: { overall: 0.8,', 'categry: { overall: 0.8,', 'category'],
    ['kind: percentile', 'kind: percentil', 'percentile'],
    ['of: duration_ms\n    percentile: 50', 'of: duraton_ms\n    percentile: 50', 'duration_ms'],
    ['of: duration_ms\n    percentile: 95', 'of: duration\n    percentile: 95', 'duration_ms'],
    ['percentile: 99', 'percentile: high'],
  ],
  'alerts.yaml': [
    ['metric: crash_rate', 'metric: crash_rat', 'crash_rate'],
    ['window: 5m', 'window: 5 minutes'],
    ['by: query_complexity', 'by: query_complexty', 'query_complexity'],
    ['above: { times_target: 2 }', 'above: { times_targt: 2 }', 'times_target'],
    ['where: { priority: P1 }', 'where: { prioriti: P1 }', 'priority'],
    ['severity: P2', 'severity: urgent'],
    ['action: Triage', 'acton: Triage', 'action'],
    ['min_sample: 20', 'min_sample: some'],
  ],
  'channels.yaml': [
    ['type: opsgenie', 'type: opsgeni', 'opsgenie'],
    ['team: [slack-alerts', 'team: [slack-alert', 'slack-alerts'],
    ['group_wait: 30s', 'group_wait: half a minute'],
    ['repeat_interval: 1h', 'repeat_intervl: 1h', 'repeat_interval'],
    ['receiver: leads', 'receiver: lead', 'leads'],
    ['mute_time_intervals: [outside office hours]', 'mute_time_intervals: [outside ofice hours]', 'outside office hours'],
    [`matchers: ['severity="P3"']`, 'matchers: [severity is P3]'],
    ['channels: [email-team]', 'channels: [email-tem]', 'email-team'],
  ],
  'dashboard.yaml': [
    ['metric: downloads', 'metric: downlods', 'downloads'],
    ['title: Activation', 'tilte: Activation', 'title'],
    ['offset: 1,', 'offset: one,'],
    ['by: priority }\n      - { metric: crash', 'by: prioritee }\n      - { metric: crash', 'priority'],
    ['query_complexity: medium', 'complexity: medium', 'query_complexity'],
    ['width: half', 'width: haf', 'half'],
  ],
  'simulation.yaml': [
    ['within_a_day: 0.75', 'within_a_day: 75'],
    ['event: downloads', 'event: download', 'downloads'],
    ['channel:\n', 'chanel:\n', 'channel'],
    ['by: query_complexity', 'by: query', undefined],
    ['copy: [category]', 'copy: [categry]', 'category'],
    ['per_session:', 'per_sesion:', 'per_session'],
    ['day: 6.9, properties: { value: 1100', 'day: 6.9, properties: { valu: 1100', 'value'],
  ],
  'alerts.test.yaml': [
    ['alertname: low_csat', 'alertname: low_cast', 'low_csat'],
    ['category: devops, platform', 'category: devops, platfrom', 'platform'],
    ['event: crash,', 'event: crsh,', 'crash'],
    ['eval_time: 4m', 'eval_time: soon'],
    ['exp_labels: { severity: P0', 'exp_label: { severity: P0', 'exp_labels'],
    ['eval_time: 8m, receiver: on-call', 'eval_time: 8m, receiver: on-cal', 'on-call'],
    ['count: 1800, users', 'count: many, users'],
    ['error_type: timeout', 'error_type: time_out', 'timeout'],
    ['alerts: [p0_bugs_open]', 'alerts: [p0_bug_open]', 'p0_bugs_open'],
    ['alertname="p0_bugs_open"', 'alertname="p0_bugs_opn"', 'p0_bugs_open'],
  ],
}

test('mistakes of every kind in every file are reported together, each with its line and the nearest valid word, and nothing else', async () => {
  const folder = await tempFolder('check')
  try {
    await cp(product, folder.path, { recursive: true })
    const expected: { file: string; line: number; nearest: string | undefined }[] = []
    for (const [file, changes] of Object.entries(DAMAGE)) {
      let text = await readFile(`${folder.path}/${file}`, 'utf8')
      for (const [from, to] of changes) {
        expect(text).toContain(from)
        text = text.replace(from, to)
      }
      await writeFile(`${folder.path}/${file}`, text)
      const reported = changes.map(([from, to, nearest]) => {
        const changed = text.indexOf(to) + [...to].findIndex((character, i) => character !== from[i])
        return { file, line: text.slice(0, changed).split('\n').length, nearest }
      })
      expected.push(...reported.sort((a, b) => a.line - b.line))
    }
    const found = checkFolder(folder.path, {}).problems.map(({ file, line, nearest }) => ({ file, line, nearest }))
    expect(found).toEqual(expected)
  } finally {
    await folder.remove()
  }
})

test('an unknown file is reported, with the nearest known name', async () => {
  const folder = await tempFolder('check')
  try {
    await cp(product, folder.path, { recursive: true })
    await writeFile(`${folder.path}/alert.yaml`, 'groups: []\n')
    const warned = checkFolder(folder.path, {}).warnings.filter(({ file }) => file === 'alert.yaml')
    expect(warned).toMatchObject([{ line: 1, nearest: 'alerts.yaml' }])
  } finally {
    await folder.remove()
  }
})

test('the product is in order, but for channels without their secrets', () => {
  const { problems, warnings } = checkFolder(product, {})
  expect(problems).toEqual([])
  expect(warnings.length).toBeGreaterThan(0)
})
