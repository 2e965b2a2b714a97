import type { Acknowledgement, Read, Silence } from '@northstar/alerting'
import { createCalendar } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { type Channel, createHttpSend } from '@northstar/notifications'
import type { Component, Health, Logger, Metrics } from '@northstar/runtime'
import { StateConflict, type StateStore } from '@northstar/state'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { openChannels } from './channels.ts'
import { createDigests } from './digests.ts'
import {
  DELIVERIES,
  DIGESTS,
  GROUPS,
  type GroupDocument,
  LEASE,
  NO_NOTIFYING,
  RULES,
  type RuleDocument,
  readAcknowledgements,
  readSilences,
} from './documents.ts'
import { createEvaluations } from './evaluations.ts'
import { createHistoryReader, createHistoryStore } from './history.ts'
import { createLateness } from './lateness.ts'
import { createLeadership } from './leadership.ts'
import { createNotifier } from './notifier.ts'
import { pruneDeliveries, pruneSilences } from './prune.ts'
import { createTurns } from './turns.ts'

export { openChannels } from './channels.ts'
export { type FiringAlert, readFiring } from './firing.ts'
export { type AlertsRoutesDeps, createAlertsRoutes } from './routes.ts'
export * from './rules.ts'

export interface AlertsConfig {
  /** Names this process among its replicas. A name that comes back takes its own lease over at once. */
  readonly holder: string
  /** How long a leader that died keeps the others waiting, ms. */
  readonly leaseMs: number
  /** Whether channels may point at loopback and private addresses. */
  readonly allowPrivateTargets: boolean
  /** Where people reach Northstar; links in notifications begin with it. */
  readonly publicUrl: string
}

export const ALERTS_DEFAULTS = { leaseMs: 10_000 } as const

export interface AlertsDeps {
  readonly catalogue: AlertingCatalogue
  readonly read: Read
  /** Calls back when counters move. Gives a function that ends it. */
  readonly onAdvance?: (listener: () => void) => () => void
  readonly state: StateStore
  readonly warehouse: Pick<Warehouse, 'insert' | 'query'>
  readonly now: () => number
  readonly logger: Logger
  readonly metrics?: AlertsMetrics
}

/** What the service tells of itself. */
export type AlertsMetrics = Pick<Metrics, 'ruleEvaluations' | 'evaluationSeconds' | 'notifications'>

export interface Alerts extends Component {
  /** Reads silences and acknowledgements now rather than within a second: one of them was stored. */
  refresh(): void
  /** Whether this replica evaluates and notifies. */
  readonly leads: boolean
}

const TICK_MS = 250
/** Counters move every few milliseconds under load: turns this far apart are soon enough. */
const ADVANCE_MS = 40
const OBSERVED_MS = 5
/** Groups are looked at this often even when nothing happens: silences end and muted times pass. */
const LOOK_AGAIN_MS = 10_000
const OPERATORS_MS = 1_000
const PRUNE_MS = 600_000

/** Evaluates the product's rules and tells people. Replicas share the state; the holder of the lease works. */
export function createAlerts(config: AlertsConfig, deps: AlertsDeps): Alerts {
  const { catalogue, state, now, logger } = deps
  const notifying = catalogue.notifying ?? NO_NOTIFYING
  const calendar = createCalendar(catalogue.product)
  const http = createHttpSend({ allowPrivateTargets: config.allowPrivateTargets })
  const channels = new Map<string, Channel>()
  const labels = { product: catalogue.product.name }

  const history = createHistoryReader(deps.warehouse.query)
  const lateness = createLateness({
    query: deps.warehouse.query,
    metrics: catalogue.metrics,
    now,
    onFailure: error => logger.warn({ err: error }, 'the lateness of events could not be measured'),
  })
  const digests = createDigests({
    catalogue,
    notifying,
    calendar,
    history,
    now,
    onFailure: error => logger.warn({ err: error }, 'the digest waits for the warehouse'),
    onReady: () => turns.wake(),
  })
  const evaluations = createEvaluations({
    rules: catalogue.rules,
    metrics: catalogue.metrics,
    read: deps.read,
    spanOf: calendar.periodAt,
    labels,
    latenessMs: rule => lateness.of(rule),
    now,
    onFailure: (rule, error) => logger.warn({ err: error, rule: rule.name }, 'a rule could not be evaluated'),
    onObserved: () => turns.soon(OBSERVED_MS),
    onEvaluated(ms) {
      deps.metrics?.ruleEvaluations.inc()
      deps.metrics?.evaluationSeconds.observe(ms / 1_000)
    },
  })
  const storeHistory = createHistoryStore({
    insert: deps.warehouse.insert,
    rows: evaluations.history,
    onStored: evaluations.historyStored,
    onFailure: error => logger.warn({ err: error }, 'the history of alerts waits for the warehouse'),
  })
  const notifier = createNotifier({
    notifying,
    channels,
    now,
    random: Math.random,
    logger,
    onSettled: () => void noteAnswers(),
    onTried: (channel, outcome) => deps.metrics?.notifications.inc({ channel, outcome }),
  })

  const leadership = createLeadership({ state, name: LEASE, holder: config.holder, leaseMs: config.leaseMs, now })
  const turns = createTurns(async () => {
    try {
      await turn()
      problem = null
    } catch (error) {
      // Memory and store may differ now: let go, and begin again from what the store has.
      leadership.letGo()
      problem = 'the state store cannot be written'
      if (error instanceof StateConflict) logger.warn({ err: error }, 'another replica leads now')
      else logger.error({ err: error }, 'alerts must begin again')
    }
  })

  /** Whether memory holds what the store had when the lease was taken. */
  let loaded = false
  let saving: Promise<void> = Promise.resolve()
  let advancedAt = 0
  let world: { silences: readonly Silence[]; acknowledgements: ReadonlyMap<string, Acknowledgement> } = {
    silences: [],
    acknowledgements: new Map(),
  }
  let worldReadAt = 0
  let worldKey = ''
  let dispatchedAt = 0
  let prunedAt = 0
  let dirty = true
  let stopping: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let unsubscribe: (() => void) | undefined
  let tickedAt = 0
  let problem: string | null = null

  async function turn(): Promise<void> {
    tickedAt = now()
    if (!(await lead())) return
    await readOperators()
    evaluations.start(advancedAt)
    await save(evaluations.unsaved())
    if (evaluations.takeChanged()) dirty = true
    const { nextAt } = notifier
    if (dirty || now() - dispatchedAt >= LOOK_AGAIN_MS || (nextAt !== null && now() >= nextAt)) {
      dirty = false
      dispatchedAt = now()
      notifier.dispatch({ firing: evaluations.firing(), ended: evaluations.ended(), ...world })
    }
    const letters = digests.take()
    for (const { digest, notification } of letters) if (notification) notifier.enqueue(notification, digest.channels)
    const items = notifier.prepare()
    await saveGroups()
    // After the queue: who dies between the two writes the letter again, under the same id.
    await markDigests(letters.map(({ digest, at }) => [digest.receiver, at]))
    await Promise.all(
      notifier
        .takeDeliveries()
        .map(one => state.put(`${DELIVERIES}${String(one.at).padStart(15, '0')}-${one.id}`, one, leadership.fence())),
    )
    // Everything that is sent is written, under a lease that nobody has taken meanwhile.
    leadership.assertHeld()
    notifier.send(items)
    for (const rule of evaluations.takeDone()) await state.delete(RULES + rule, leadership.fence())
    storeHistory()
    lateness.refresh()
    digests.look(evaluations.firing())
    await prune()
  }

  /** What was told is written at once, whatever the turn waits for: who dies before says it again. */
  async function noteAnswers(): Promise<void> {
    if (leadership.leads && loaded) {
      notifier.settle()
      // A write that failed fails the turn's own.
      await saveGroups().catch(() => {})
    }
    turns.wake()
  }

  async function lead(): Promise<boolean> {
    const held = await leadership.hold()
    if (held === 'lost') logger.warn('another replica leads now')
    if (held === 'gained') {
      await load()
      logger.info({ rules: catalogue.rules.length, channels: [...channels.keys()], queued: notifier.queued }, 'alerts: leading')
    }
    return held === 'gained' || held === 'held'
  }

  async function load(): Promise<void> {
    loaded = false
    await saving.catch(() => {})
    saving = Promise.resolve()
    const documents = await state.list<RuleDocument>(RULES)
    await save(evaluations.load(new Map(documents.map(({ key, value }) => [key.slice(RULES.length), value]))))
    const told = await state.list<number>(DIGESTS)
    await markDigests([...digests.load(new Map(told.map(({ key, value }) => [key.slice(DIGESTS.length), value])))])
    notifier.load((await state.list<GroupDocument>(GROUPS)).map(document => document.value))
    loaded = true
    worldReadAt = 0
    dirty = true
  }

  async function readOperators(): Promise<void> {
    if (now() - worldReadAt < OPERATORS_MS) return
    worldReadAt = now()
    const [silences, acknowledgements] = await Promise.all([readSilences(state), readAcknowledgements(state)])
    const key = JSON.stringify([silences, acknowledgements])
    if (key === worldKey) return
    worldKey = key
    world = { silences, acknowledgements: new Map(acknowledgements.map(one => [one.fingerprint, one])) }
    dirty = true
  }

  async function save(documents: ReadonlyMap<string, RuleDocument>): Promise<void> {
    await Promise.all([...documents].map(([rule, document]) => state.put(RULES + rule, document, leadership.fence())))
  }

  async function markDigests(toldUntil: readonly (readonly [string, number])[]): Promise<void> {
    for (const [receiver, at] of toldUntil) await state.put(DIGESTS + receiver, at, leadership.fence())
  }

  /** One write after another, so that no older document follows a newer one; after one that failed, none until memory is loaded anew. */
  function saveGroups(): Promise<void> {
    // Of the lease under which the documents were made, also when the write has to wait.
    const guard = leadership.fence()
    saving = saving.then(async () => {
      const documents = [...notifier.takeUnsaved()]
      await Promise.all(documents.map(([key, document]) => (document ? state.put(key, document, guard) : state.delete(key, guard))))
    })
    return saving
  }

  async function prune(): Promise<void> {
    if (now() - prunedAt < PRUNE_MS) return
    prunedAt = now()
    await pruneDeliveries(state, leadership.fence())
    await pruneSilences(state, now(), leadership.fence())
  }

  return {
    name: 'alerts',
    refresh() {
      worldReadAt = 0
      turns.wake()
    },
    get leads() {
      return leadership.leads
    },
    async start() {
      for (const [name, channel] of await openChannels({ notifying, config, state, http, now, logger })) channels.set(name, channel)
      unsubscribe = deps.onAdvance?.(() => {
        advancedAt = now()
        turns.soon(ADVANCE_MS)
      })
      timer = setInterval(turns.wake, TICK_MS)
      turns.start()
    },
    stop() {
      stopping ??= (async () => {
        clearInterval(timer)
        unsubscribe?.()
        await turns.stop()
        // What is being sent ends and is written down; the rest waits in the store.
        await Promise.race([notifier.idle(), new Promise(resolve => setTimeout(resolve, 2_000).unref())])
        if (leadership.leads) {
          await turn().catch((error: unknown) => logger.warn({ err: error }, 'the last turn of alerts failed'))
        }
        await leadership.release().catch((error: unknown) => logger.warn({ err: error }, 'the lease stays until it runs out'))
        http.close()
      })()
      return stopping
    },
    health(): Health {
      if (problem) return { healthy: false, reason: problem }
      const late = !turns.stopped && now() - tickedAt > 30_000
      return late
        ? { healthy: false, reason: 'the loop has not turned for 30 s' }
        : { healthy: true, reason: leadership.leads ? 'leads' : 'stands by' }
    },
  }
}
