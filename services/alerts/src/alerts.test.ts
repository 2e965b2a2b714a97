import { channelsFile } from '@northstar/notifications'
import { verifySignature } from '@northstar/notifications/contract'
import { createMetrics } from '@northstar/runtime'
import { type StateStore, StateUnavailable } from '@northstar/state'
import { eventually } from '@northstar/testkit'
import { describe, expect, it } from 'vitest'
import {
  asked,
  bodies,
  bug,
  catalogueOf,
  errors,
  heard,
  list,
  logger,
  queued,
  read,
  receiver,
  running,
  SECRET,
  say,
  serve,
  start,
  state,
  stored,
  useAlerts,
} from './alerts.test-data.ts'
import { createAlerts } from './alerts.ts'

useAlerts()

describe('the alerts service', () => {
  it('notifies of an open P0 bug, signed and in Alertmanager’s form, and of its end, and writes both into the history', async () => {
    const alerts = await start()
    await eventually(() => alerts.leads)
    bug(1)
    await receiver.received(1)
    const [request] = receiver.requests
    expect(request && verifySignature(SECRET, request.headers, request.body.toString(), Date.now())).toBe(true)
    expect(request?.json()).toMatchObject({ version: '4', status: 'firing', receiver: 'everything', alerts: [{ status: 'firing' }] })
    bug(0)
    await eventually(() => heard('p0_bugs_open', 'resolved').length === 1)
    expect(new Set(bodies().flatMap(body => body.alerts.map(alert => alert.fingerprint))).size).toBe(1)
    await eventually(() => stored.size === 2)
    expect([...stored.values()].map(row => [row.rule, row.state])).toEqual([
      ['p0_bugs_open', 'firing'],
      ['p0_bugs_open', 'resolved'],
    ])
    const answer = (await (await fetch(`${await serve(alerts)}/v1/alerts/history`)).json()) as { history: readonly object[] }
    expect(answer.history).toMatchObject([
      { state: 'resolved', metric: 'bugs_open', unit: 'count' },
      { state: 'firing', metric: 'bugs_open', unit: 'count' },
    ])
    expect(receiver.requests).toHaveLength(2)
  })

  it('lists what is pending, and fires only after `for`', async () => {
    const url = await serve(await start())
    errors(0.37)
    const pending = await eventually(async () => (await list(url)).find(alert => alert.rule === 'high_error_rate'))
    expect(pending.state).toBe('pending')
    expect(receiver.requests).toHaveLength(0)
  })

  it('after a restart sends nothing twice, and still sends the end', async () => {
    bug(1)
    const first = await start()
    await receiver.received(1)
    await first.stop()
    const second = await start('two')
    await eventually(() => second.leads)
    bug(0)
    await eventually(() => heard('p0_bugs_open', 'resolved').length === 1)
    expect(heard('p0_bugs_open', 'firing')).toHaveLength(1)
  })

  it('notifies of what still fires when a restart switches the first channel on', async () => {
    const { notifying } = catalogueOf()
    const first = await start('one', { notifying: notifying && { ...notifying, channels: {} } })
    bug(1)
    await eventually(async () => (await list(await serve(first))).some(({ rule }) => rule === 'p0_bugs_open'))
    await first.stop()
    expect(receiver.requests).toHaveLength(0)
    await start('two')
    await eventually(() => heard('p0_bugs_open', 'firing').length === 1)
  })

  it('tries again with the same id until the receiver takes it, as late as it asks', async () => {
    receiver.script(503, 'reset', { status: 429, headers: { 'retry-after': '1' } })
    bug(1)
    await start()
    await receiver.received(4)
    const ids = receiver.requests.map(request => request.headers['webhook-id'])
    expect(new Set(ids).size).toBe(1)
    const [, , third, fourth] = receiver.requests
    expect((fourth?.at ?? 0) - (third?.at ?? 0)).toBeGreaterThanOrEqual(1_000)
    const found = await eventually(async () => (await state.list<{ attempts: number }>('alerts/deliveries/'))[0])
    expect(found.value).toMatchObject({ attempts: 4, outcome: 'delivered', channel: 'webhook' })
  })

  it('sends what was queued when the process died, under the same id', async () => {
    receiver.otherwise(503)
    bug(1)
    const first = await start()
    await receiver.received(1)
    await first.stop()
    receiver.otherwise(200)
    const before = receiver.requests.length
    await start('two')
    await receiver.received(before + 1)
    expect(new Set(receiver.requests.map(request => request.headers['webhook-id'])).size).toBe(1)
    expect(heard('p0_bugs_open', 'firing')).toHaveLength(receiver.requests.length)
  })

  it('stores the outcome of a send at once, while its turn still waits for the store', async () => {
    let holding = false
    let held: () => void = () => {}
    let release: () => void = () => {}
    const turnHeld = new Promise<void>(resolve => {
      held = resolve
    })
    const released = new Promise<void>(resolve => {
      release = resolve
    })
    const slow: StateStore = {
      ...state,
      async list<T>(prefix: string) {
        if (holding) held()
        if (holding) await released
        return state.list<T>(prefix)
      },
    }
    receiver.otherwise(async () => {
      holding = true
      await turnHeld
      return 200
    })
    bug(1)
    await start('one', {}, slow)
    try {
      await receiver.received(1)
      await turnHeld
      expect(await queued()).toHaveLength(1)
      await eventually(async () => (await queued()).length === 0)
    } finally {
      release()
    }
    bug(0)
    await eventually(() => heard('p0_bugs_open', 'resolved').length === 1)
    expect(receiver.requests).toHaveLength(2)
  })

  it('notifies once with two replicas, and the second takes over from one that froze', async () => {
    // A frozen leader: its store hangs from here on.
    let frozen = false
    const hung = new Proxy(state, {
      get(target, name, self) {
        const found: unknown = Reflect.get(target, name, self)
        if (typeof found !== 'function') return found
        return (...given: unknown[]) => (frozen ? new Promise(() => {}) : (found as (...a: unknown[]) => unknown).apply(target, given))
      },
    })
    const first = await start('one', {}, hung)
    await eventually(() => first.leads)
    const second = await start('two')
    bug(1)
    await receiver.received(1)
    // A message that was delivered and not yet recorded would rightly be sent again.
    await eventually(async () => (await queued()).length === 0)
    frozen = true
    running.splice(0, running.length, second)
    await eventually(() => second.leads)
    bug(0)
    await eventually(() => heard('p0_bugs_open', 'resolved').length === 1)
    expect(receiver.requests).toHaveLength(2)
  })

  it('acknowledges, silences and ends silences over HTTP', async () => {
    bug(1)
    const alerts = await start()
    const url = await serve(alerts)
    await receiver.received(1)
    const [alert] = await list(url)
    const send = (method: string, path: string, body?: unknown) =>
      fetch(url + path, {
        method,
        ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
    expect((await send('POST', `/v1/alerts/${alert?.fingerprint}/ack`, { by: 'ada' })).status).toBe(200)
    expect((await list(url))[0]?.acknowledged_by).toBe('ada')
    expect((await send('POST', '/v1/alerts/ffff/ack', {})).status).toBe(404)

    const made = await send('POST', '/v1/silences', { matchers: ['severity="P0"'], duration: '1h', createdBy: 'ada' })
    expect(made.status).toBe(201)
    const { id } = (await made.json()) as { id: string }
    expect((await list(url))[0]?.silenced_by).toEqual([id])
    expect((await send('DELETE', `/v1/silences/${id}`)).status).toBe(204)
    expect((await list(url))[0]?.silenced_by).toEqual([])
    const unread = await send('POST', '/v1/silences', { matchers: ['severity=~"("'], duration: '1h' })
    expect(unread.status).toBe(400)
    expect(await unread.text()).toContain('regular expression is not in RE2')
    expect((await send('POST', '/v1/silences', { matchers: [], duration: '1h' })).status).toBe(400)
    expect((await send('POST', '/v1/silences', { matchers: ['a="b"'] })).status).toBe(400)
  })

  it('lists who was notified of an alert, and which receivers are on', async () => {
    receiver.script(503)
    bug(1)
    const url = await serve(await start())
    await receiver.received(2)
    interface Notified {
      readonly notifications: readonly { readonly outcome: string }[]
    }
    const alert = await eventually(async () =>
      (await list(url)).find(one => (one as unknown as Notified).notifications.some(({ outcome }) => outcome === 'delivered')),
    )
    expect(alert).toMatchObject({
      receivers: ['everything', 'on-call'],
      notifications: [{ receiver: 'everything', channel: 'webhook', reason: 'new', outcome: 'delivered', attempts: 2 }],
    })
    const { receivers } = (await (await fetch(`${url}/v1/alerts/receivers`)).json()) as { receivers: readonly { receiver: string }[] }
    const everything = receivers.find(one => one.receiver === 'everything')
    expect(everything).toMatchObject({ state: 'on', channels: [{ channel: 'webhook', state: 'on' }, { state: 'off' }] })
    expect(receivers.find(one => one.receiver === 'on-call')).toMatchObject({
      state: 'off',
      channels: expect.arrayContaining([
        {
          channel: 'pagerduty',
          type: 'pagerduty',
          state: 'off',
          missing: ['PAGERDUTY_ROUTING_KEY'],
          problem: 'PAGERDUTY_ROUTING_KEY has no value',
        },
      ]) as unknown,
    })
  })

  it('says in its health why it cannot write', async () => {
    let isDown = false
    const failing: StateStore = {
      ...state,
      list: prefix => (isDown ? Promise.reject(new StateUnavailable('the disk is full')) : state.list(prefix)),
    }
    const alerts = await start('one', {}, failing)
    await eventually(() => alerts.leads)
    isDown = true
    const health = async () => (await alerts.health?.()) ?? { healthy: true, reason: '' }
    const unhealthy = await eventually(async () => ((await health()).healthy ? undefined : health()))
    expect(unhealthy.reason).toBe('the state store is unavailable: the disk is full')
    isDown = false
    await eventually(async () => (await health()).healthy)
  })

  it('mutes what a silence covers, and notifies when the silence ends', async () => {
    const url = await serve(await start())
    const body = JSON.stringify({ matchers: ['alertname="p0_bugs_open"'], duration: '1h' })
    const made = await fetch(`${url}/v1/silences`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const { id } = (await made.json()) as { id: string }
    bug(1)
    await eventually(async () => (await list(url)).some(alert => alert.state === 'firing' && alert.silenced_by.length === 1))
    expect(receiver.requests).toHaveLength(0)
    await fetch(`${url}/v1/silences/${id}`, { method: 'DELETE' })
    await receiver.received(1)
  })

  it('tries a channel on demand', async () => {
    const url = await serve(await start())
    const post = (channel: string) =>
      fetch(`${url}/v1/alerts/test-channel`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ channel }),
      })
    expect(await (await post('webhook')).json()).toMatchObject({ kind: 'ok' })
    expect((await post('pagerduty')).status).toBe(404)
  })

  it('ends the alerts of a rule that was taken out of the file: its receivers are notified, and the history has the end', async () => {
    bug(1)
    const first = await start()
    await receiver.received(1)
    await eventually(() => stored.size === 1)
    await first.stop()
    const { rules } = catalogueOf()
    await start('two', { rules: rules.filter(rule => rule.name !== 'p0_bugs_open') })
    await eventually(() => heard('p0_bugs_open', 'resolved').length === 1)
    await eventually(() => stored.size === 2)
    expect([...stored.values()].map(row => [row.rule, row.state, row.severity])).toEqual([
      ['p0_bugs_open', 'firing', 'P0'],
      ['p0_bugs_open', 'resolved', 'P0'],
    ])
    await eventually(async () => (await state.get('alerts/rules/p0_bugs_open')) === null)
  })

  it('evaluates a closed week again when late events change it', async () => {
    await start()
    const csat = (value: number) => say('csat', { value, sample: 100 })
    csat(0.8)
    await eventually(() => asked.filter(metric => metric === 'csat').length >= 1)
    csat(0.5)
    await eventually(() => heard('low_csat', 'firing').length === 1, { timeoutMs: 45_000 })
  })

  it('counts what it does', async () => {
    const metrics = createMetrics()
    receiver.script(503)
    bug(1)
    await start('one', {}, state, metrics)
    await receiver.received(2)
    const text = await eventually(async () => {
      const found = await metrics.registry.metrics()
      return found.includes('outcome="sent"') ? found : undefined
    })
    expect(text).toMatch(/northstar_alerts_notifications_total\{channel="webhook",outcome="retried"\} 1/)
    expect(text).toMatch(/northstar_alerts_evaluations_total [1-9]/)
    expect(text).toMatch(/northstar_alerts_evaluation_seconds_count [1-9]/)
  })

  it('refuses a channel that points inside, where the operator does not allow it', async () => {
    bug(1)
    const notifying = channelsFile.parse({
      channels: { hook: { type: 'webhook', url: 'http://localhost.nip.invalid:1/' }, inside: { type: 'webhook', url: receiver.url } },
      receivers: { all: ['hook', 'inside'] },
      route: { receiver: 'all', group_wait: 0 },
    })
    const alerts = createAlerts(
      { holder: 'one', leaseMs: 600, allowPrivateTargets: false, publicUrl: '' },
      {
        catalogue: catalogueOf({ notifying }),
        read,
        state,
        warehouse: { insert: () => Promise.resolve(), query: () => Promise.resolve([]) },
        now: Date.now,
        logger,
      },
    )
    await alerts.start()
    running.push(alerts)
    const url = await serve(alerts)
    await eventually(async () => (await list(url)).some(alert => alert.state === 'firing'))
    expect(receiver.requests).toHaveLength(0)
  })
})
