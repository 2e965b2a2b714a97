import { alertsFile, type Read, type ReadPoint } from '@northstar/alerting'
import { type Channel, channelsFile, type Outcome } from '@northstar/notifications'
import { type StateStore, StateUnavailable } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { createTestClock, eventually, tempFolder } from '@northstar/testkit'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import { DELIVERIES, type Delivery, GROUPS, OUTBOX, SILENCES } from './documents.ts'
import { createEngine, type Engine } from './engine.ts'

const SECOND = 1_000
const logger = pino({ level: process.env.TEST_LOG ?? 'silent' })
const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

const rules = alertsFile.parse({
  groups: [
    {
      name: 'g',
      rules: [{ alert: 'bug', metric: 'm', window: '5m', by: 'member', condition: { above: 0 }, severity: 'P0', action: 'Fix' }],
    },
  ],
})
const hook = { type: 'webhook', url: 'https://example.com' }

interface Sent {
  readonly channel: string
  readonly recipient?: string
  readonly id: string
  readonly status: string
  readonly members: readonly string[]
}

type Answer = (sent: Sent) => Outcome | Promise<Outcome>

/** A product with one rule by member, over a store on disk and channels that record. */
async function openInstallation(channelNames: readonly string[], answer: Answer = () => ({ kind: 'ok' })) {
  const folder = await tempFolder('delivery')
  stops.push(() => folder.remove())
  const clock = createTestClock('2026-01-20T12:00:00Z')
  const state = openEmbeddedState({ path: folder.path }, { now: clock.now })
  stops.push(() => state.close())
  const sent: Sent[] = []
  let values: ReadonlyMap<string, number> = new Map()
  const read: Read = () => {
    const points = [...values].map(([member, value]): ReadPoint => ({ by: { member }, value, sample: 1 }))
    return Promise.resolve({ points, source: 'live' })
  }
  const channel = (name: string): Channel => ({
    type: 'webhook',
    unit: name === 'pager' ? 'alert' : 'group',
    acknowledges: false,
    carriesDigests: true,
    recipients: name === 'sms' ? ['+1', '+2', '+3'] : [],
    async send({ id, status, alerts }, recipient) {
      const members = alerts.map(alert => alert.labels.member ?? '')
      const one = { channel: name, ...(recipient && { recipient }), id, status, members }
      sent.push(one)
      return answer(one)
    },
  })
  const notifying = channelsFile.parse({
    channels: Object.fromEntries(channelNames.map(name => [name, hook])),
    receivers: { all: channelNames },
    route: { receiver: 'all', group_wait: 0, group_interval: '10s', repeat_interval: '4h' },
  })
  const catalogue = {
    product: { name: 'p', title: 'P', timezone: 'UTC', launch: '2026-01-15' },
    plan: { events: new Map(), columns: [] },
    metrics: new Map(),
    rules,
    notifying,
  }
  const start = (store: StateStore = state, isSteady?: () => boolean): Engine => {
    const engine = createEngine(
      { holder: 'one', leaseMs: 10_000 },
      {
        catalogue,
        notifying,
        channels: new Map(channelNames.map(name => [name, channel(name)])),
        read,
        state: store,
        warehouse: { insert: () => Promise.resolve(), query: () => Promise.resolve([]) },
        now: clock.now,
        random: () => 0.5,
        logger,
        onWork() {},
        onFailure: () => engine.abandon(),
        ...(isSteady && { isSteady }),
      },
    )
    return engine
  }
  /** Takes a turn a second, with new events before each. */
  const run = async (engine: Engine, seconds: number, stepMs = SECOND) => {
    for (let i = 0; i < (seconds * SECOND) / stepMs; i++) {
      await clock.advance(stepMs)
      engine.advanced(null)
      await engine.turn().catch(() => engine.abandon())
      await new Promise(setImmediate)
      await engine.idle()
    }
  }
  return {
    clock,
    state,
    sent,
    start,
    run,
    set(members: readonly string[], value: number) {
      values = new Map([...values, ...members.map(member => [member, value] as const)])
    },
  }
}

/** A store that fails from its nth write on, before or after that write is done. */
function failingStore(state: StateStore, nth: number, when: 'before' | 'after') {
  let writes = 0
  const fail = () => Promise.reject(new StateUnavailable('it crashed'))
  const write = async <T>(work: () => Promise<T>): Promise<T> => {
    writes++
    if (writes > nth || (writes === nth && when === 'before')) return fail()
    const result = await work()
    return writes === nth ? fail() : result
  }
  const store: StateStore = {
    ...state,
    put: (...given) => write(() => state.put(...given)),
    delete: (...given) => write(() => state.delete(...given)),
    write: (...given) => write(() => state.write(...given)),
    acquire: (...given) => (writes >= nth ? fail() : state.acquire(...given)),
  }
  return { store, crashed: () => writes >= nth }
}

/** Of each channel, recipient and member: one beginning and one end, in this order; repeats carry the same id. */
function expectOnce(sent: readonly Sent[], members: readonly string[]): void {
  const lanes = new Set(sent.map(({ channel, recipient }) => JSON.stringify([channel, recipient])))
  for (const lane of lanes) {
    for (const member of members) {
      const own = sent.filter(one => JSON.stringify([one.channel, one.recipient]) === lane && one.members.includes(member))
      const ids = [...new Set(own.map(one => one.id))]
      const statuses = ids.map(id => own.find(one => one.id === id)?.status)
      expect([...new Set(statuses)], `${lane} ${member}`).toEqual(['firing', 'resolved'])
      if (lane.includes('pager')) expect(ids).toHaveLength(2)
    }
  }
}

describe('a crash', () => {
  it('at any write, before or after it is done, loses nothing and doubles no id', { timeout: 120_000 }, async () => {
    let nth = 1
    for (let crashed = true; crashed; nth++) {
      crashed = false
      for (const when of ['before', 'after'] as const) {
        const installation = await openInstallation(['hook', 'pager'])
        const failing = failingStore(installation.state, nth, when)
        const first = installation.start(failing.store)
        installation.set(['a', 'b', 'c'], 1)
        await installation.run(first, 3)
        installation.set(['a', 'b', 'c'], 0)
        await installation.run(first, 3)
        if (failing.crashed()) {
          crashed = true
          installation.set(['a', 'b', 'c'], 1)
          const second = installation.start()
          await installation.run(second, 15)
          installation.set(['a', 'b', 'c'], 0)
          await installation.run(second, 15)
        }
        // Alerts that fired twice, before and after the crash, are different alerts.
        for (const channel of ['hook', 'pager']) {
          const own = installation.sent.filter(one => one.channel === channel && one.members.includes('a'))
          const ids = [...new Set(own.map(one => one.id))]
          const statuses = ids.map(id => own.find(one => one.id === id)?.status)
          expect(statuses, `${channel} ${when} write ${nth}`).toEqual(statuses.map((_, i) => (i % 2 === 0 ? 'firing' : 'resolved')))
          expect([2, 4], `${channel} ${when} write ${nth}`).toContain(statuses.length)
        }
        expect(await installation.state.list(OUTBOX)).toEqual([])
        expect(await installation.state.list(GROUPS)).toEqual([])
        for (const stop of stops.splice(0).reverse()) await stop()
      }
    }
    expect(nth).toBeGreaterThan(10)
  })
})

describe('the clock', () => {
  const HOUR = 3_600 * SECOND

  it('set back an hour ends no alert, delays no notification, and the end comes after the beginning', async () => {
    const installation = await openInstallation(['hook'], ({ members }) =>
      members.includes('b') ? { kind: 'retry', reason: 'busy' } : { kind: 'ok' },
    )
    const engine = installation.start()
    installation.set(['a'], 1)
    await installation.run(engine, 3)
    expect(installation.sent.map(one => one.status)).toEqual(['firing'])
    await installation.clock.advance(-HOUR)
    installation.set(['a'], 0)
    await installation.run(engine, 20)
    expect(installation.sent.map(one => one.status)).toEqual(['firing'])
    // Another alert of the group is notified after the group's interval of 10 s, not an hour later.
    installation.set(['c'], 1)
    await installation.run(engine, 15)
    expect(installation.sent.at(-1)).toMatchObject({ status: 'firing', members: expect.arrayContaining(['a', 'c']) })
    await installation.clock.advance(HOUR)
    await installation.run(engine, 15)
    expect(installation.sent.at(-1)).toMatchObject({ status: 'firing', members: expect.arrayContaining(['a']) })
  })

  it('set a day ahead for a while: nothing is decided by it, and another replica may take over', async () => {
    let steady = true
    const installation = await openInstallation(['hook'])
    const engine = installation.start(undefined, () => steady)
    installation.set(['a'], 1)
    await installation.run(engine, 3)
    steady = false
    await installation.clock.advance(24 * HOUR)
    installation.set(['a'], 0)
    await installation.run(engine, 25)
    expect(engine.leads).toBe(false)
    await installation.clock.advance(-24 * HOUR)
    installation.set(['a'], 1)
    await installation.run(engine, 60)
    steady = true
    await installation.run(engine, 15)
    expect(engine.leads).toBe(true)
    expect(installation.sent.map(one => one.status)).toEqual(['firing'])
    installation.set(['a'], 0)
    await installation.run(engine, 15)
    expect(installation.sent.map(one => one.status)).toEqual(['firing', 'resolved'])
  })
})

describe('an end that is being stored while the beginning is answered', () => {
  it('is not lost by a crash before it is queued', async () => {
    let answerBeginning: () => void = () => {}
    const answered = new Promise<Outcome>(resolve => {
      answerBeginning = () => resolve({ kind: 'ok' })
    })
    const installation = await openInstallation(['hook'], ({ status }) => (status === 'firing' ? answered : { kind: 'ok' }))
    let crashes = false
    const store: StateStore = {
      ...installation.state,
      async write(...given) {
        const written = await installation.state.write(...given)
        // The outcomes of the turn are stored, and it never gets to know.
        const isTurn = given[0].some(({ key, value }) => key.startsWith(OUTBOX) && value !== undefined)
        return crashes && isTurn ? new Promise<never>(() => {}) : written
      },
    }
    const first = installation.start(store)
    installation.set(['a'], 1)
    for (let turn = 0; turn < 3; turn++) {
      await installation.clock.advance(SECOND)
      first.advanced(null)
      await first.turn()
    }
    expect(installation.sent.map(one => one.status)).toEqual(['firing'])
    crashes = true
    installation.set(['a'], 0)
    for (let turn = 0; turn < 2; turn++) {
      await installation.clock.advance(SECOND)
      first.advanced(null)
      void first.turn()
      await new Promise(setImmediate)
    }
    await eventually(async () => (await installation.state.list(OUTBOX)).length === 2)
    answerBeginning()
    await eventually(async () => (await installation.state.list(DELIVERIES)).length === 1)
    await installation.run(installation.start(), 15)
    expectOnce(installation.sent, ['a'])
    expect(await installation.state.list(OUTBOX)).toEqual([])
    expect(await installation.state.list(GROUPS)).toEqual([])
  })
})

describe('a receiver', () => {
  it('that fails in every way for minutes gets everything once, in order, whatever dies meanwhile', { timeout: 120_000 }, async () => {
    const weather = fc.array(fc.constantFrom('500', '429', 'lost', 'ok'), { minLength: 1, maxLength: 20 })
    const deaths = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(weather, deaths, async (sky, dies) => {
        let tries = 0
        let isBad = true
        const installation = await openInstallation(['hook', 'pager', 'sms'], () => {
          const how = isBad ? (sky[tries++ % sky.length] ?? 'ok') : 'ok'
          if (how === 'ok') return { kind: 'ok' }
          return { kind: 'retry', reason: how, ...(how === '429' && { afterMs: 15_000 }) }
        })
        let engine = installation.start()
        installation.set(['a', 'b', 'c'], 1)
        for (let step = 0; step < 120; step++) {
          if (dies.includes(step)) engine = installation.start()
          if (step === 30) installation.set(['a', 'b', 'c'], 0)
          isBad = step < 60
          await installation.run(engine, 5, 5 * SECOND)
        }
        expect(await installation.state.list(OUTBOX)).toEqual([])
        expectOnce(installation.sent, ['a', 'b', 'c'])
        for (const stop of stops.splice(0).reverse()) await stop()
      }),
      { numRuns: 10 },
    )
  })

  it('of several numbers gets each message by itself: one refused and one busy number delay no other', async () => {
    let busy = true
    const installation = await openInstallation(['sms'], ({ recipient }) => {
      if (recipient === '+1') return { kind: 'failed', reason: 'answered 400' }
      return recipient === '+2' && busy ? { kind: 'retry', reason: 'answered 503' } : { kind: 'ok' }
    })
    const engine = installation.start()
    installation.set(['a'], 1)
    await installation.run(engine, 2)
    busy = false
    await installation.run(engine, 5)
    const to = (recipient: string) => installation.sent.filter(one => one.recipient === recipient).length
    expect([to('+1'), to('+3')]).toEqual([1, 1])
    expect(to('+2')).toBeGreaterThan(1)
    const deliveries = (await installation.state.list<Delivery>(DELIVERIES)).map(({ value }) => value)
    expect(deliveries.map(({ recipient, outcome, problem }) => [recipient, outcome, problem]).toSorted()).toEqual([
      ['+1', 'failed', 'answered 400'],
      ['+2', 'delivered', undefined],
      ['+3', 'delivered', undefined],
    ])
  })
})

describe('a storm', () => {
  it('costs writes in proportion to its alerts, sends each once, and few at a time', { timeout: 60_000 }, async () => {
    const count = 1_000
    let now = 0
    let most = 0
    const installation = await openInstallation(['pager'], async () => {
      now++
      most = Math.max(most, now)
      await new Promise(setImmediate)
      now--
      return { kind: 'ok' }
    })
    let writes = 0
    let bytes = 0
    const counting: StateStore = {
      ...installation.state,
      put(key, value, options) {
        writes++
        bytes += JSON.stringify(value).length
        return installation.state.put(key, value, options)
      },
      delete(...given) {
        writes++
        return installation.state.delete(...given)
      },
      write(changes, options) {
        writes += changes.length
        bytes += JSON.stringify(changes).length
        return installation.state.write(changes, options)
      },
    }
    const engine = installation.start(counting)
    const members = Array.from({ length: count }, (_, i) => `m${i}`)
    installation.set(members, 1)
    await installation.run(engine, 3)
    expect(installation.sent.flatMap(one => one.members).toSorted()).toEqual(members.toSorted())
    expect(most).toBeLessThanOrEqual(8)
    // A message is written, deleted and recorded; rule and group are written a few times.
    expect(writes).toBeLessThan(3 * count + 50)
    expect(bytes / count).toBeLessThan(8_000)
    installation.set(members, 0)
    await installation.run(engine, 3)
    expect(installation.sent).toHaveLength(2 * count)
    expect(await installation.state.list(GROUPS)).toEqual([])
  })
})

describe('a stored silence', () => {
  const good = { createdBy: '', comment: '', startsAt: 0, endsAt: Date.parse('2027-01-01') }
  const matcher = (value: string) => ({ name: 'member', value, isRegex: true, isEqual: true })
  it.each<[string, unknown]>([
    ['has a pattern that cannot be compiled', { ...good, id: 'x', matchers: [matcher('(')] }],
    ['has a pattern that is slow elsewhere', { ...good, id: 'x', matchers: [matcher('(a+)+$')] }],
    ['has a time that is none', { ...good, id: 'x', endsAt: 9007199254740991, matchers: [matcher('.*')] }],
    ['is no silence', 'nonsense'],
    ['has no matchers', { ...good, id: 'x' }],
  ])('that %s keeps no other alert from being notified', async (_, value) => {
    const installation = await openInstallation(['hook'])
    await installation.state.put(`${SILENCES}x`, value)
    await installation.state.put(`${SILENCES}y`, { ...good, id: 'y', matchers: [matcher('quiet')] })
    const engine = installation.start()
    installation.set([`${'a'.repeat(40)}!`, 'quiet', 'loud'], 1)
    await installation.run(engine, 3)
    expect(installation.sent.flatMap(one => one.members).toSorted()).toEqual([`${'a'.repeat(40)}!`, 'loud'])
  })
})
