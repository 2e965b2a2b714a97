import { type AlertRule, alertsFile } from '@northstar/alerting'
import { createMetricReader, type Metric } from '@northstar/metrics'
import { channelsFile, channelTypes } from '@northstar/notifications'
import { startVendors, type Vendors } from '@northstar/notifications/contract'
import { openEmbeddedState } from '@northstar/state/embedded'
import { eventually, tempFolder } from '@northstar/testkit'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { type Alerts, createAlerts, createAlertsRoutes } from './alerts.ts'
import { startServer } from './server.test-data.ts'

const logger = pino({ level: process.env.TEST_LOG ?? 'silent' })

/** The channels that can show an acknowledgement. */
const ACKNOWLEDGING = [...channelTypes.values()].flatMap(one => (one.acknowledges ? [one.type] : [])).sort()

let vendors: Vendors
let stops: (() => Promise<unknown>)[]
let value: number
let advance: (codes: null) => void

beforeEach(async () => {
  stops = []
  vendors = await startVendors()
  value = 0
  advance = () => {}
})
afterEach(async () => {
  for (const stop of stops.reverse()) await stop()
  await vendors.stop()
})

function catalogueOf(extra: object[] = []): AlertingCatalogue {
  const rules: readonly AlertRule[] = alertsFile.parse({
    groups: [
      {
        name: 'g',
        rules: [
          {
            alert: 'bugs',
            metric: 'open',
            window: '5m',
            condition: { above: 0 },
            severity: 'P0',
            labels: { component: 'core' },
            annotations: { summary: '{{ value }} bugs & <counting>', description: 'Look at <https://example.com>' },
            action: 'Fix them',
            runbook: 'https://example.com/runbook',
          },
          ...extra,
        ],
      },
    ],
  })
  const { channels } = vendors
  const notifying = channelsFile.parse({
    channels,
    receivers: { all: Object.keys(channels) },
    route: { receiver: 'all', group_wait: 0, group_interval: 0 },
    inhibit_rules: [{ source_matchers: ['severity="P0"'], target_matchers: ['severity="P1"'], equal: ['component'] }],
  })
  const metric = { name: 'open', kind: 'open_items', unit: 'count', by: [], where: [] } as unknown as Metric
  return {
    product: { name: 'p', title: 'P', timezone: 'UTC', launch: '2026-01-15' },
    plan: { events: new Map(), columns: [] },
    metrics: new Map([['open', metric]]),
    rules,
    notifying,
  }
}

async function start(extra?: object[]): Promise<{ alerts: Alerts; url: string }> {
  const folder = await tempFolder('channels')
  const state = openEmbeddedState({ path: folder.path })
  stops.push(
    () => folder.remove(),
    () => state.close(),
  )
  const config = { holder: 'one', leaseMs: 5_000, allowPrivateTargets: true, publicUrl: 'http://127.0.0.1:8080' }
  const warehouse = { insert: () => Promise.resolve(), query: () => Promise.resolve([]) }
  const common = { catalogue: catalogueOf(extra), state, warehouse, now: Date.now, logger }
  const alerts = createAlerts(config, {
    ...common,
    read: () => Promise.resolve({ points: [{ value, sample: value }], source: 'warehouse' }),
    onAdvance(listener) {
      advance = listener
      return () => {}
    },
  })
  await alerts.start()
  stops.push(() => alerts.stop())
  const reader = createMetricReader({ ...common, query: warehouse.query })
  const server = await startServer(createAlertsRoutes(config, { ...common, reader, onChanged: alerts.refresh }))
  stops.push(() => server.stop())
  return { alerts, url: server.url() }
}

function say(next: number): void {
  value = next
  advance(null)
}

const said = (action: string) => [...new Set(vendors.events.filter(event => event.action === action).map(event => event.vendor))].sort()

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return (await (await fetch(url, init)).json()) as Record<string, unknown>
}

interface Listed {
  readonly rule: string
  readonly state: string
  readonly fingerprint: string
  readonly inhibited_by: string | null
}
const list = async (url: string) => ((await (await fetch(`${url}/v1/alerts`)).json()) as { alerts: Listed[] }).alerts

describe('every channel, through the whole service', () => {
  it('gets the firing, the acknowledgement if the vendor has one, and the resolution, as the vendor documents them', async () => {
    const { url } = await start()
    const all = Object.keys(vendors.channels).sort()
    say(3)
    await eventually(() => said('trigger').length === all.length).catch(() => {})
    expect(vendors.refused).toEqual([])
    expect(said('trigger')).toEqual(all)
    const [alert] = await list(url)
    await post(`${url}/v1/alerts/${alert?.fingerprint}/ack`, { by: 'ada' })
    await eventually(() => said('acknowledge').length === ACKNOWLEDGING.length)
    say(0)
    await eventually(() => said('resolve').length === all.length).catch(() => {})
    expect(vendors.refused).toEqual([])
    expect(said('resolve')).toEqual(all)
    expect(said('acknowledge')).toEqual(ACKNOWLEDGING)
    // Each once; where there is a key, it is the same from the beginning to the end.
    for (const name of all) {
      const own = vendors.events.filter(event => event.vendor === name)
      expect(own.map(event => event.action)).toEqual(['trigger', ...(ACKNOWLEDGING.includes(name) ? ['acknowledge'] : []), 'resolve'])
      expect(new Set(own.map(event => event.key)).size, name).toBe(1)
      if (own[0]?.text) expect(own[0].text).toMatch(/3 bugs (&|&amp;)/)
    }
  })

  it('takes a test message', async () => {
    const { url } = await start()
    for (const channel of Object.keys(vendors.channels)) {
      expect(await post(`${url}/v1/alerts/test-channel`, { channel })).toMatchObject({ channel, kind: 'ok' })
    }
    expect(vendors.refused).toEqual([])
  })

  it('names the recipients that a test message did not reach', async () => {
    Object.assign(vendors.channels.sms ?? {}, { to: ['nobody', '+15550002', 'no one'] })
    const { url } = await start()
    for (const channel of ['constructor', '__proto__'])
      expect(await post(`${url}/v1/alerts/test-channel`, { channel })).toMatchObject({
        detail: expect.stringContaining('is not available'),
      })
    const answer = await post(`${url}/v1/alerts/test-channel`, { channel: 'sms' })
    expect(answer).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/^nobody: answered 4\d\d; no one: answered 4\d\d$/) })
    expect(vendors.events.filter(({ vendor }) => vendor === 'sms')).toHaveLength(1)
  })
})

describe('a P0', () => {
  const lesser = {
    alert: 'slower',
    metric: 'open',
    window: '5m',
    condition: { above: 1 },
    severity: 'P1',
    labels: { component: 'core' },
    action: '',
  }

  it('mutes the P1 of its component, which the API shows', async () => {
    const { url } = await start([lesser])
    say(2)
    await eventually(async () => (await list(url)).filter(alert => alert.state === 'firing').length === 2)
    const found = await list(url)
    const grave = found.find(alert => alert.rule === 'bugs')
    expect(found.find(alert => alert.rule === 'slower')?.inhibited_by).toBe(grave?.fingerprint)
    await eventually(() => said('trigger').length === 9)
    expect(vendors.events.some(event => event.text.includes('slower'))).toBe(false)
  })
})
