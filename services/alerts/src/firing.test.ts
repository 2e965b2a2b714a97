import { alertsSection, type MemberState, NO_STATE } from '@northstar/alerting'
import { loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { metricsSection } from '@northstar/metrics'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ACKNOWLEDGEMENTS, type HistoryRow, RULES, type RuleDocument } from './documents.ts'
import { readFiringAt } from './firing.ts'
import { createHistoryReader } from './history.ts'

const { catalogue } = loadProduct(new URL('../../../deploy/products/caro', import.meta.url).pathname, {
  metrics: metricsSection,
  rules: alertsSection,
})
const HOUR = 3_600_000
const START = Date.parse('2026-02-03T12:00:00Z')
const hour = (n: number) => START + n * HOUR

let folder: TempFolder
let state: StateStore
let warehouse: Warehouse

const fingerprintOf = (rule: string) => `${rule}-fingerprint`

const rowOf = (rule: string, from: number, to: number | null): HistoryRow => ({
  at: to ?? from,
  rule,
  severity: catalogue.rules.find(({ name }) => name === rule)?.severity ?? '',
  fingerprint: fingerprintOf(rule),
  labels: { alertname: rule },
  state: to === null ? 'firing' : 'resolved',
  value: 0.5,
  threshold: 0.1,
  starts_at: from,
  ends_at: to,
})

const memberOf = (rule: string, firedAt: number): MemberState => ({
  phase: 'firing',
  labels: { alertname: rule },
  fingerprint: fingerprintOf(rule),
  member: null,
  activeAt: firedAt,
  firedAt,
  clearedAt: null,
  endsAt: null,
  value: 0.5,
  threshold: 0.1,
  sample: 100,
  noData: false,
})

beforeAll(async () => {
  folder = await tempFolder('firing')
  state = openEmbeddedState({ path: `${folder.path}/state` })
  warehouse = await openEmbeddedWarehouse({ folder: `${folder.path}/warehouse` })
  await warehouse.migrate(catalogue.plan)
  // Error rate: from 1 to 3, and again from 5 on. Success rate: from 2 to 4, whose end is not in the warehouse yet.
  const stored = [
    rowOf('high_error_rate', hour(1), null),
    rowOf('high_error_rate', hour(1), hour(3)),
    rowOf('high_error_rate', hour(5), null),
    rowOf('low_success_rate', hour(2), null),
    rowOf('rule_of_the_past', hour(1), hour(9)),
  ]
  await warehouse.insert(
    'alert_history',
    stored.map(row => Buffer.from(`${JSON.stringify(row)}\n`)),
    'history',
  )
  const document = (members: readonly MemberState[], history: readonly HistoryRow[]): RuleDocument => ({
    state: { ...NO_STATE, members: Object.fromEntries(members.map(member => [member.fingerprint, member])) },
    watchedUntil: hour(6),
    history,
  })
  await state.put(`${RULES}high_error_rate`, document([memberOf('high_error_rate', hour(5))], []))
  await state.put(`${RULES}low_success_rate`, document([], [rowOf('low_success_rate', hour(2), hour(4))]))
  const acknowledgement = { fingerprint: fingerprintOf('high_error_rate'), startsAt: hour(5), by: 'ana', at: hour(5.5), value: 0.5 }
  await state.put(`${ACKNOWLEDGEMENTS}${acknowledgement.fingerprint}`, acknowledgement)
})
afterAll(async () => {
  await warehouse?.close()
  await state?.close()
  await folder?.remove()
})

it.each([
  ['before the first', 0.5, []],
  ['at its start', 1, ['high_error_rate']],
  ['while two fire', 2.5, ['high_error_rate', 'low_success_rate']],
  ['at the end of one', 3, ['low_success_rate']],
  ['between two episodes', 4.5, []],
  ['in an episode that lasts', 5.2, ['high_error_rate']],
  ['after its acknowledgement', 6, ['high_error_rate, acknowledged by ana']],
] as const)('%s: the alerts are those that fired then', async (_, at, expected) => {
  const found = await readFiringAt(hour(at), state, catalogue, createHistoryReader(warehouse.query))
  const texts = found.map(({ rule, acknowledgedBy }) => (acknowledgedBy === null ? rule : `${rule}, acknowledged by ${acknowledgedBy}`))
  expect(texts.toSorted()).toEqual(expected)
})
