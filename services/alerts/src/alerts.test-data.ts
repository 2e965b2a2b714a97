import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AlertRule, Read, ReadPoint } from '@northstar/alerting'
import { alertsSection } from '@northstar/alerting'
import { loadProduct } from '@northstar/catalogue'
import { createMetricReader, metricsSection } from '@northstar/metrics'
import { channelsSection, type Notifying } from '@northstar/notifications'
import type { Metrics } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { type Receiver, startReceiver } from '@northstar/testkit'
import { pino } from 'pino'
import { afterEach, beforeEach } from 'vitest'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { type Alerts, type AlertsConfig, createAlerts, createAlertsRoutes } from './alerts.ts'
import { type HistoryRow, OUTBOX } from './documents.ts'
import { startServer } from './server.test-data.ts'

interface Body {
  readonly status: string
  readonly alerts: readonly { readonly status: string; readonly labels: Record<string, string>; readonly fingerprint: string }[]
}

interface Listed {
  readonly alerts: readonly { rule: string; state: string; fingerprint: string; acknowledged_by: string | null; silenced_by: string[] }[]
}

let folder: string
export let state: StateStore
export let receiver: Receiver
export let running: Alerts[]
let stops: (() => Promise<void>)[]
/** The values of the metrics: by metric, or by metric and filter. */
export let values: Map<string, ReadPoint[]>
/** Listeners that are notified when counters move. */
export let listeners: Set<(codes: null) => void>
/** The metrics that were asked for. */
export let asked: string[]
export let stored: Map<string, HistoryRow>

export const logger = pino({ level: 'silent' })
export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** Creates a store, a receiver and metrics for each test. */
export function useAlerts(): void {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'northstar-alerts-'))
    state = openEmbeddedState({ path: folder })
    receiver = await startReceiver()
    running = []
    stops = []
    values = new Map()
    listeners = new Set()
    asked = []
    stored = new Map()
  })

  afterEach(async () => {
    for (const alerts of running) await alerts.stop()
    for (const stop of stops) await stop()
    await state.close()
    await receiver.stop()
    rmSync(folder, { recursive: true, force: true })
  })
}

export const read: Read = ({ metric, where }) => {
  asked.push(metric)
  const points = values.get(`${metric}${where?.priority ?? ''}`) ?? [{ value: metric === 'bugs_open' ? 0 : null, sample: 0 }]
  return Promise.resolve({ points, source: metric === 'error_rate' ? 'live' : 'warehouse' })
}

export function catalogueOf(over: { rules?: readonly AlertRule[]; notifying?: Notifying } = {}): AlertingCatalogue {
  const env = { NORTHSTAR_ALERT_WEBHOOK_URL: `${receiver.url}/hook`, NORTHSTAR_ALERT_WEBHOOK_SECRET: SECRET }
  const { catalogue } = loadProduct(
    new URL('../../../deploy/products/caro', import.meta.url).pathname,
    { metrics: metricsSection, rules: alertsSection, notifying: channelsSection },
    { env },
  )
  return { ...catalogue, ...over }
}

export const CONFIG: AlertsConfig = { holder: 'one', leaseMs: 600, allowPrivateTargets: true, publicUrl: 'http://127.0.0.1:8080' }

export const warehouse = {
  insert(_table: string, rows: readonly Uint8Array[], token: string) {
    if (!stored.has(token)) stored.set(token, JSON.parse(Buffer.concat(rows).toString()) as HistoryRow)
    return Promise.resolve()
  },
  // The history, newest first; there are no events.
  query: <T>(sql: string) => Promise.resolve((sql.includes('alert_history') ? [...stored.values()].toReversed() : []) as T[]),
}

export async function start(
  holder = 'one',
  over: Parameters<typeof catalogueOf>[0] = {},
  store = state,
  metrics?: Metrics,
): Promise<Alerts> {
  const alerts = createAlerts(
    { ...CONFIG, holder },
    {
      catalogue: catalogueOf(over),
      read,
      onAdvance(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      state: store,
      warehouse,
      now: Date.now,
      logger,
      metrics,
    },
  )
  await alerts.start()
  running.push(alerts)
  return alerts
}

export async function serve(alerts: Alerts): Promise<string> {
  const catalogue = catalogueOf()
  const deps = {
    catalogue,
    state,
    warehouse,
    reader: createMetricReader({ catalogue, query: warehouse.query, now: Date.now }),
    onChanged: alerts.refresh,
    now: Date.now,
    logger,
  }
  const server = await startServer(createAlertsRoutes(CONFIG, deps))
  stops.push(() => server.stop())
  return server.url()
}

export const bodies = () => receiver.requests.map(request => request.json() as Body)
export const heard = (rule: string, status: string) =>
  bodies().filter(body => body.alerts.some(alert => alert.labels.alertname === rule && alert.status === status))
export const list = async (url: string) => ((await (await fetch(`${url}/v1/alerts`)).json()) as Listed).alerts

export function say(metric: string, point: ReadPoint): void {
  values.set(metric, [point])
  for (const listener of listeners) listener(null)
}

/** The messages that are queued, or whose answer is not written yet. */
export const queued = () => state.list(OUTBOX)

export const bug = (n: number) => say('bugs_openP0', { value: n, sample: n })
export const errors = (value: number) => say('error_rate', { value, sample: 500 })
