import { alertsSection, type MemberState, NO_STATE } from '@northstar/alerting'
import { loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { type Row, tableBlock } from '@northstar/events'
import type { AlertChanges, AlertComment, AlertCourse, SilencePreview } from '@northstar/http-api'
import { createMetricReader, durableEvents, metricsSection } from '@northstar/metrics'
import { channelsSection } from '@northstar/notifications'
import type { HttpServer } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOneAlertRoutes } from './alert-api.ts'
import { createAlertViews } from './alert-views.ts'
import { createAlertRoutes } from './alerts-api.ts'
import { NO_NOTIFYING, RULES, type RuleDocument, SILENCES } from './documents.ts'
import { createHistoryReader } from './history.ts'
import { startServer } from './server.test-data.ts'
import { createSilenceRoutes } from './silences-api.ts'

const { catalogue } = loadProduct(new URL('../../../deploy/products/caro', import.meta.url).pathname, {
  metrics: metricsSection,
  rules: alertsSection,
  notifying: channelsSection,
})
const FIRED = Date.parse('2026-02-03T12:00:00Z')
const MINUTE = 60_000
const NOW = FIRED + 30 * MINUTE
const FINGERPRINT = '00000000000000aa'

let folder: TempFolder
let state: StateStore
let warehouse: Warehouse
let server: HttpServer

const rows: Row[] = []
function command(at: number, platform: string, error: string | null): void {
  const row = { id: `${rows.length}`, timestamp: at, received_at: at, user_id: '00000000000000ff', session_id: '', platform }
  rows.push({ ...row, event: 'command_generated', category: 'git_operations' })
  if (error !== null) rows.push({ ...row, id: `e${rows.length}`, event: 'command_generation_error', error_type: error })
}

/** Before: one command in fifty fails. In the last five minutes before the alert: every second one on Windows times out. */
function fill(): void {
  for (let i = 0; i < 500; i++)
    command(FIRED - 60 * MINUTE - i * MINUTE, ['macos', 'linux', 'windows'][i % 3] ?? '', i % 50 === 0 ? 'llm_error' : null)
  for (let i = 0; i < 120; i++) {
    const platform = ['macos', 'linux', 'windows'][i % 3] ?? ''
    command(FIRED - 4 * MINUTE + i * 1_000, platform, platform === 'windows' && i % 2 === 0 ? 'timeout' : null)
  }
}

const member: MemberState = {
  phase: 'firing',
  labels: { alertname: 'high_error_rate', severity: 'P0', component: 'commands' },
  fingerprint: FINGERPRINT,
  member: null,
  activeAt: FIRED - MINUTE,
  firedAt: FIRED,
  clearedAt: null,
  endsAt: null,
  value: 0.166,
  threshold: 0.1,
  sample: 120,
  noData: false,
}

beforeAll(async () => {
  folder = await tempFolder('one-alert')
  state = openEmbeddedState({ path: `${folder.path}/state` })
  warehouse = await openEmbeddedWarehouse({ folder: `${folder.path}/warehouse` })
  await warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue) })
  fill()
  await warehouse.insertBlock('events', tableBlock(catalogue.plan.columns, rows), 'test:1')
  const document: RuleDocument = { state: { ...NO_STATE, members: { [FINGERPRINT]: member } }, watchedUntil: NOW, history: [] }
  await state.put(`${RULES}high_error_rate`, document)
  const now = () => NOW
  const reader = createMetricReader({ catalogue, query: (sql, params) => warehouse.query(sql, { params }), now })
  const history = createHistoryReader(warehouse.query)
  const views = createAlertViews({ catalogue, notifying: catalogue.notifying ?? NO_NOTIFYING, state, history, now })
  server = await startServer(
    createOneAlertRoutes({ catalogue, views, reader, state, now }),
    createSilenceRoutes({ catalogue, state, views, now, onChanged: () => {} }),
    createAlertRoutes({ catalogue, views, state, history, now, onChanged: () => {} }),
  )
})
afterAll(async () => {
  await server?.stop()
  await warehouse?.close()
  await state?.close()
  await folder?.remove()
})

const get = async (path: string) => (await fetch(`${server.url()}/v1/alerts/${path}`)).json()

test('the members that moved the metric are named with their part of the change', async () => {
  const { before, after, properties } = (await get(`${FINGERPRINT}/changes`)) as AlertChanges
  expect([before.sample, after.sample]).toEqual([500, 120])
  expect(before.value).toBeCloseTo(0.02)
  expect(after.value).toBeCloseTo(20 / 120)
  const topOf = (property: string) => properties.find(one => one.property === property)?.members[0]
  const change = (after.value ?? 0) - (before.value ?? 0)
  expect(topOf('error_type')).toMatchObject({ member: 'timeout', before: { value: 0 } })
  expect(topOf('error_type')?.contribution).toBeCloseTo(20 / 120)
  expect(topOf('platform')).toMatchObject({ member: 'windows', after: { value: 0.5, sample: 40 } })
  // The contributions of all members add up to the change of the whole.
  const platforms = properties.find(one => one.property === 'platform')?.members ?? []
  expect(platforms.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(change)
})

test('the course shows what the rule saw, the beginning of the alert among its times', async () => {
  const { points } = (await get(`${FINGERPRINT}/course`)) as AlertCourse
  expect(points.length).toBeLessThanOrEqual(32)
  expect(points.at(-1)?.at).toBe(new Date(NOW).toISOString())
  const began = points.find(({ at }) => at === new Date(FIRED).toISOString())
  expect(began).toMatchObject({ threshold: 0.1, sample: 120 })
  expect(began?.value).toBeCloseTo(20 / 120)
})

test('comments are kept with the alert, and an unknown alert has none', async () => {
  const comment = (fingerprint: string, body: object) =>
    fetch(`${server.url()}/v1/alerts/${fingerprint}/comments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  expect((await comment(FINGERPRINT, { text: ' Rolled back to 1.0.9. ' })).status).toBe(201)
  const { comments } = (await get(`comments?fingerprint=${FINGERPRINT}`)) as { comments: readonly AlertComment[] }
  expect(comments).toMatchObject([{ rule: 'high_error_rate', by: 'admin', text: 'Rolled back to 1.0.9.' }])
  expect((await comment('ffffffffffffffff', { text: 'x' })).status).toBe(404)
  expect((await comment(FINGERPRINT, { text: ' ' })).status).toBe(400)
  expect((await fetch(`${server.url()}/v1/alerts/nonsense`)).status).toBe(400)
})

test('a silence is previewed: what it matches, and a warning with the nearest name where it matches nothing', async () => {
  const preview = async (...matchers: string[]) => {
    const query = new URLSearchParams(matchers.map((one): [string, string] => ['matcher', one]))
    return (await (await fetch(`${server.url()}/v1/silences/preview?${query}`)).json()) as SilencePreview
  }
  expect(await preview('component="commands"', 'severity=~"P0|P1"')).toMatchObject({
    alerts: [{ fingerprint: FINGERPRINT, rule: 'high_error_rate', state: 'firing' }],
    rules: [{ rule: 'high_error_rate' }, { rule: 'low_success_rate' }],
    warnings: [],
  })
  expect(await preview('high_eror_rate')).toMatchObject({
    alerts: [],
    rules: [],
    warnings: [expect.stringMatching(/did you mean "high_error_rate"/)],
  })
  expect(await preview('severity="P0"', 'alertname="low_csat"')).toMatchObject({ warnings: [expect.stringMatching(/matches no rule/)] })
  expect(await preview('severity=~"("')).toMatchObject({ status: 400, field: 'matcher.0' })
})

test('the history of an unknown rule is refused with the nearest name; a rule that never fired has an empty one', async () => {
  expect(await get('history?rule=high_crash_rte')).toMatchObject({ status: 404, nearest: 'high_crash_rate' })
  expect(await get('history?rul=high_crash_rate')).toMatchObject({ status: 400, code: 'unknown_field', nearest: 'rule' })
  expect(await get('history?limit=none')).toMatchObject({ status: 400, field: 'limit' })
  expect(await get('history?rule=high_crash_rate')).toEqual({ history: [] })
})

const post = (path: string, body: object) =>
  fetch(`${server.url()}/v1/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

test('patterns whose cost is out of proportion to the alerts are refused, for those who preview and those who silence', async () => {
  const members = Array.from({ length: 800 }, (_, n): MemberState => {
    const labels = { ...member.labels, component: `${n}${'x'.repeat(200)}` }
    return { ...member, labels, fingerprint: String(n).padStart(16, '0'), member: labels.component }
  })
  const document: RuleDocument = {
    state: { ...NO_STATE, members: Object.fromEntries(members.map(one => [one.fingerprint, one])) },
    watchedUntil: NOW,
    history: [],
  }
  await state.put(`${RULES}low_success_rate`, document)
  try {
    const hostile = 'component=~"(\\pL|\\pN|\\pS|\\pP){0,150}z"'
    const refused = { status: 400, field: 'matchers', detail: expect.stringContaining('too large for this number of alerts') }
    expect(await (await fetch(`${server.url()}/v1/silences/preview?${new URLSearchParams({ matcher: hostile })}`)).json()).toMatchObject(
      refused,
    )
    expect(await (await post('silences', { matchers: [hostile], duration: '1h' })).json()).toMatchObject(refused)
    const harmless = new URLSearchParams({ matcher: 'component=~"[0-9]+x*"' })
    const preview = (await (await fetch(`${server.url()}/v1/silences/preview?${harmless}`)).json()) as SilencePreview
    expect(preview.alerts).toHaveLength(800)
  } finally {
    await state.delete(`${RULES}low_success_rate`)
  }
})

test('silences that have not ended, and comments on an alert, are limited in number', async () => {
  const silence = { matchers: [], startsAt: NOW, endsAt: NOW + MINUTE, createdBy: 'ada', comment: '' }
  const ids = Array.from({ length: 1_000 }, (_, n) => String(n))
  await state.write(ids.map(id => ({ key: SILENCES + id, value: { ...silence, id } })))
  const given = { matchers: ['component="commands"'], duration: '1h' }
  expect(await (await post('silences', given)).json()).toMatchObject({ status: 409, code: 'too_many_silences' })
  await state.put(`${SILENCES}0`, { ...silence, id: '0', endsAt: NOW })
  expect((await post('silences', given)).status).toBe(201)

  await state.write(ids.map(id => ({ key: `alerts/comments/${FINGERPRINT}/${id}`, value: { id, at: new Date(NOW).toISOString() } })))
  expect(await (await post(`alerts/${FINGERPRINT}/comments`, { text: 'x' })).json()).toMatchObject({
    status: 409,
    code: 'too_many_comments',
  })
})
