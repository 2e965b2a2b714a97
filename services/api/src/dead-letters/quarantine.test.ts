import type { Property, TrackingPlan } from '@northstar/catalogue'
import { openEmbeddedWarehouse } from '@northstar/clickhouse/embedded'
import { openEmbeddedLog } from '@northstar/event-log/embedded'
import {
  BlockWriter,
  compileValidator,
  createIdentities,
  createPseudonyms,
  createUserSet,
  decodeEvents,
  decodeHead,
  type EncodedRecord,
  encodeQuarantine,
  eraseUsers,
  keyText,
  QUARANTINE_COLUMNS,
  quarantineReason,
  rowsOf,
} from '@northstar/events'
import { openEmbeddedCounters } from '@northstar/live-counters/embedded'
import { encodeDeadLetter } from '@northstar/pipeline'
import { openEmbeddedState } from '@northstar/state/embedded'
import { tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createDeadLetters, type DeadLetters } from './dead-letters.ts'
import { createQuarantine } from './quarantine.ts'

const AT = Date.parse('2026-02-01T12:00:00Z')
const SECRET = Buffer.alloc(32, 5)
const property = { required: false, description: '', privacy: 'internal' } as const
const run = {
  name: 'run',
  description: '',
  view: 'analytics.run',
  user: 'required' as const,
  properties: new Map<string, Property>([
    ['category', { ...property, name: 'category', type: 'string' as const, maxLength: 64 }],
    ['device', { ...property, name: 'device', type: 'string' as const, maxLength: 64, personalData: 'hash' as const }],
  ]),
}
const FORMER: TrackingPlan = {
  events: new Map([['run', run]]),
  columns: [
    { name: 'category', type: 'string', lowCardinality: false },
    { name: 'device', type: 'string', lowCardinality: false },
  ],
}
/** As the former, with `run.colour`. */
const plan: TrackingPlan = {
  events: new Map([
    ['run', { ...run, properties: new Map([...run.properties, ['colour', { ...property, name: 'colour', type: 'string' as const }]]) }],
  ]),
  columns: [...FORMER.columns, { name: 'colour', type: 'string', lowCardinality: false }],
}

const folder = await tempFolder('quarantine')
const warehouse = await openEmbeddedWarehouse({ folder: `${folder.path}/warehouse` })
const counters = openEmbeddedCounters({ folder: `${folder.path}/counters`, partitions: 1, now: () => AT })
const state = openEmbeddedState({ path: `${folder.path}/state` })
const log = await openEmbeddedLog({ folder: `${folder.path}/log`, topic: 'test', partitions: 1 })
const pseudonyms = createPseudonyms(SECRET)
let letters: DeadLetters

/** A record of events that the former plan does not take. */
function quarantine(...events: readonly object[]): EncodedRecord {
  const validator = compileValidator(FORMER, { pseudonyms, maxAgeMs: Number.POSITIVE_INFINITY })
  const identities = createIdentities(SECRET)('sender')
  const writer = new BlockWriter(QUARANTINE_COLUMNS)
  for (const event of events) {
    const arrival = { receivedAt: AT, skew: 0 }
    const violation = validator.check(event, arrival)
    expect(validator.check(event, arrival, 'quarantine')).toBeNull()
    validator.draft.violation = violation
    validator.draft.writeQuarantinedTo(writer, identities.of(validator.draft.user, validator.draft.id))
  }
  return encodeQuarantine(writer.take())
}

async function bury(record: EncodedRecord, offset: number): Promise<void> {
  const stored = { ...record, partition: 0, offset, appendedAt: AT }
  const line = encodeDeadLetter({ record: stored, reason: quarantineReason(record), events: 1 })
  await warehouse.insert('dead_letters', [line], `bury-${offset}`)
}

async function appended() {
  const rows = []
  for await (const record of log.scan(0, { offset: 0 })) {
    const head = decodeHead(record.headers)
    if (head.outcome === 'damaged') throw new Error(head.reason)
    const events = decodeEvents(record.value, head.value.count)
    if (events.outcome === 'ok') rows.push(...rowsOf(events.value, head.value.ids))
  }
  return rows
}

const event = (id: string, properties: object) => ({ event: 'run', id, user_id: id, timestamp: AT - 3_600_000, properties })
const RECORD = quarantine(
  event('one', { colour: 'red', device: 'a laptop' }),
  event('two', { colour: 'red', size: 4 }),
  event('four', { colour: 'blue' }),
  { event: 'walk', user_id: 'three' },
)

beforeAll(async () => {
  await warehouse.migrate(plan)
  const kept = createQuarantine({ plan, log, state, secret: SECRET, now: () => AT })
  letters = createDeadLetters({ warehouse, counters, plan, quarantine: kept })
  await bury(RECORD, 3)
})

afterAll(async () => {
  await Promise.all([warehouse.close(), counters.close(), state.close(), log.close()])
  await folder.remove()
})

const REST = { 'unknown_property: size': 1, 'unknown_event: walk': 1 }

test('its reason counts the events by code', () => {
  expect(quarantineReason(RECORD)).toBe('quarantined: 3 unknown_property, 1 unknown_event')
})

test('a dry run reports for each event whether the present plan accepts it, and changes nothing', async () => {
  expect(await letters.try()).toEqual({ total: 4, passed: 2, refused: REST })
  expect(await appended()).toEqual([])
})

test('a replay appends the events that pass with their identity and time, hashed once, and keeps the rest as dead letters', async () => {
  expect(await letters.replay()).toEqual({ total: 4, passed: 2, refused: REST })
  const user = pseudonyms.user('one')
  expect(await appended()).toEqual([
    {
      event: 'run',
      id: keyText(createIdentities(SECRET)('sender').of(user, 'one')),
      timestamp: AT - 3_600_000,
      received_at: AT,
      user_id: keyText(user),
      session_id: '',
      colour: 'red',
      device: pseudonyms.property('device', 'a laptop'),
    },
    expect.objectContaining({ event: 'run', user_id: keyText(pseudonyms.user('four')), colour: 'blue' }),
  ])
  expect(await letters.replay()).toEqual({ total: 2, passed: 0, refused: REST })
  expect(await appended()).toHaveLength(2)
  expect(await warehouse.query('SELECT reason, events FROM dead_letters')).toEqual([
    { reason: 'quarantined: 1 unknown_event, 1 unknown_property', events: expect.anything() },
  ])
})

test('a replay that was cut off before it could remove the dead letter appends nothing that is stored', async () => {
  const lines = (await appended()).map(({ id }) => ({ event: 'run', timestamp: AT, received_at: AT, id_key: BigInt(`0x${id}`).toString() }))
  await warehouse.insert('events', [Buffer.from(lines.map(line => `${JSON.stringify(line)}\n`).join(''))], 'stored')
  await bury(RECORD, 4)
  expect(await letters.replay()).toMatchObject({ passed: 2 })
  expect(await appended()).toHaveLength(2)
})

test('users who are forgotten are erased from it', () => {
  const erased = eraseUsers(RECORD, createUserSet([keyText(pseudonyms.user('two'))]))
  expect(erased && quarantineReason(erased)).toBe('quarantined: 2 unknown_property, 1 unknown_event')
})
