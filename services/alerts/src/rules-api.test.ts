import { alertsSection, type MemberState, NO_STATE } from '@northstar/alerting'
import { loadProduct } from '@northstar/catalogue'
import { metricsSection } from '@northstar/metrics'
import { channelsSection } from '@northstar/notifications'
import type { HttpServer } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NO_NOTIFYING, RULES, type RuleDocument } from './documents.ts'
import { createRuleRoutes } from './rules-api.ts'
import { startServer } from './server.test-data.ts'

const { catalogue } = loadProduct(new URL('../../../deploy/products/caro', import.meta.url).pathname, {
  metrics: metricsSection,
  rules: alertsSection,
  notifying: channelsSection,
})
let folder: TempFolder
let state: StateStore
let server: HttpServer

beforeAll(async () => {
  folder = await tempFolder('rules')
  state = openEmbeddedState({ path: folder.path })
  server = await startServer(createRuleRoutes({ catalogue, notifying: catalogue.notifying ?? NO_NOTIFYING, state }))
})
afterAll(async () => {
  await server?.stop()
  await state?.close()
  await folder?.remove()
})

interface Rule {
  readonly rule: string
  readonly condition: string
  readonly state: string
}
const rules = async () => ((await (await fetch(`${server.url()}/v1/rules`)).json()) as { rules: readonly Rule[] }).rules
const rule = async (name: string) => (await rules()).find(one => one.rule === name)

const member = (over: Partial<MemberState>): MemberState => ({
  phase: 'pending',
  labels: {},
  fingerprint: 'f',
  member: null,
  activeAt: Date.parse('2026-02-01T12:00:00Z'),
  firedAt: null,
  clearedAt: null,
  endsAt: null,
  value: 0.02,
  threshold: 0.01,
  sample: 400,
  noData: false,
  ...over,
})

const put = (name: string, ...members: readonly MemberState[]) =>
  state.put(RULES + name, {
    state: { ...NO_STATE, members: Object.fromEntries(members.map(one => [one.fingerprint, one])) },
    watchedUntil: 0,
    history: [],
  } satisfies RuleDocument)

test('every rule has its condition in words, and is calm before anything was evaluated', async () => {
  const found = await rules()
  expect(found.map(one => one.rule)).toEqual(catalogue.rules.map(one => one.name))
  expect(found.every(one => one.state === 'ok')).toBe(true)
  expect(found[0]).toMatchObject({
    rule: 'high_crash_rate',
    group: 'critical',
    severity: 'P0',
    metric: 'crash_rate',
    unit: 'ratio',
    condition: 'Crash rate of the last 15 minutes is above 1%, for 5 minutes',
    for_seconds: 300,
    keep_firing_for_seconds: 300,
    recovery: 0.008,
    min_sample: 100,
    no_data: 'keep',
    action: 'Investigate immediately, consider rollback',
    alerts: [],
  })
})

test('a rule stands as its worst alert does', async () => {
  await put('high_crash_rate', member({}))
  expect(await rule('high_crash_rate')).toMatchObject({
    state: 'pending',
    alerts: [{ value: 0.02, starts_at: '2026-02-01T12:00:00.000Z' }],
  })
  const fired = member({ phase: 'firing', fingerprint: 'g', member: 'simple', firedAt: Date.parse('2026-02-01T12:05:00Z') })
  await put('high_crash_rate', member({}), fired)
  expect(await rule('high_crash_rate')).toMatchObject({
    state: 'firing',
    alerts: [{ state: 'pending' }, { state: 'firing', member: 'simple', starts_at: '2026-02-01T12:05:00.000Z' }],
  })
  await put('high_crash_rate', member({ phase: 'resolved' }))
  expect(await rule('high_crash_rate')).toMatchObject({ state: 'ok', alerts: [] })
})
