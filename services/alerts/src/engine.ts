import type { Read } from '@northstar/alerting'
import { createCalendar } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import type { Channel, Notifying } from '@northstar/notifications'
import type { Logger, Metrics } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import type { AlertingCatalogue } from './alerting-catalogue.ts'
import { LEASE } from './documents.ts'
import { createEvaluations, type Evaluations } from './evaluations.ts'
import { createHistoryStore } from './history.ts'
import { createLateness } from './lateness.ts'
import { createLeadership } from './leadership.ts'
import { createNotifier, type Notifier, type Step } from './notifier.ts'
import { createQueue, type Queued } from './queue.ts'
import { createRequestReader, type RequestReader } from './requests.ts'
import { createSender } from './sender.ts'
import { createAlertStore, type Outcomes } from './store.ts'

export interface EngineConfig {
  /** Identifies this process among its replicas. After a restart the same name takes over its own lease at once. */
  readonly holder: string
  /** Duration of the leader's lease, ms: the failover time after a crash. */
  readonly leaseMs: number
}

/** The process metrics that the engine updates. */
export type AlertsMetrics = Pick<Metrics, 'ruleEvaluations' | 'evaluationSeconds' | 'decisionSeconds' | 'sendSeconds' | 'notifications'>

export interface EngineDeps {
  readonly catalogue: AlertingCatalogue
  readonly notifying: Notifying
  /** Read from the first turn on. */
  readonly channels: ReadonlyMap<string, Channel>
  readonly read: Read
  readonly state: StateStore
  readonly warehouse: Pick<Warehouse, 'insert' | 'query'>
  readonly now: () => number
  readonly random: () => number
  readonly logger: Logger
  readonly metrics?: AlertsMetrics
  /** Called when a turn is needed within this time, ms. */
  readonly onWork: (withinMs: number) => void
  readonly liveCodes?: (metric: string) => ReadonlySet<string> | null
  /** Called when a write outside a turn failed. */
  readonly onFailure: (error: unknown) => void
  /**
   * False for a while after the clock was set, since alerts would begin and end at wrong times and pauses could last too long. A replica
   * takes over meanwhile. Default: always steady.
   */
  readonly isSteady?: () => boolean
}

export interface Engine {
  /** Acquires the lease if it is free, evaluates, persists the outcomes, and sends. When it rejects, call {@link abandon}. */
  turn(): Promise<void>
  /** Abandons the lease after a failed write. The next turn reloads the state. */
  abandon(): void
  /** Call when counters of these aggregates changed; null: any may have. */
  advanced(codes: ReadonlySet<string> | null): void
  /** Call when a silence or an acknowledgement was stored. */
  refresh(): void
  /** Resolves when nothing is being sent. */
  idle(): Promise<void>
  release(): Promise<void>
  readonly leads: boolean
}

/** Outcomes of rules that end within this time of each other are persisted together. */
const OBSERVED_MS = 2
/** Interval of checks of the groups without changes, since silences expire and mute times end. */
const RECHECK_MS = 10_000

/** Evaluates the product's rules and notifies, without timers of its own. Replicas share the state; the holder of the lease is active. */
export function createEngine(config: EngineConfig, deps: EngineDeps): Engine {
  const { notifying, channels, state, now, logger } = deps
  const leadership = createLeadership({ state, name: LEASE, ...config, now, isSteady: deps.isSteady })
  const store = createAlertStore(state, leadership)
  const queue = createQueue(channels)
  const notifier = createNotifier({ notifying, channels, queue, now })
  const requests = createRequestReader(store, now)
  let stopped = false
  const { evaluations, background } = createWatchers(deps, () => stopped)
  /** Whether the state was loaded under the current lease. */
  let loaded = false
  const decisions = createDecisions({ evaluations, notifying, notifier, requests, now })

  const sender = createSender({
    ...deps,
    queue,
    notifier,
    store,
    mayWrite: () => loaded && leadership.isValid(),
    onAttempt(channel, outcome, ms) {
      deps.metrics?.notifications.inc({ channel, outcome })
      deps.metrics?.sendSeconds.observe({ channel }, ms / 1_000)
    },
    onWriteFailed: deps.onFailure,
  })

  async function lead(): Promise<boolean> {
    const held = await leadership.hold()
    if (held === 'lost') logger.warn('another replica has become the leader')
    if (held === 'unsteady') logger.warn('the clock was set: no rule is evaluated for a minute')
    if (held !== 'held') loaded = false
    if (held === 'gained') await load()
    return loaded
  }

  async function load(): Promise<void> {
    const stored = await store.load()
    notifier.load(stored.groups)
    queue.load(stored.messages.map(entry => dueMessage(entry, now())))
    const rules = evaluations.load(stored.rules)
    await store.persistOutcomes({ rules, messages: [], groups: new Map(), digests: [] })
    requests.refresh()
    decisions.recheck()
    loaded = true
    logger.info({ rules: deps.catalogue.rules.length, channels: [...channels.keys()], queued: queue.size }, 'leading the alerts')
  }

  return {
    async turn() {
      if (!(await lead())) return
      if (await requests.read()) decisions.recheck()
      const dueAt = evaluations.start()
      const outcomes = decisions.collect()
      queue.announce(outcomes.messages)
      const endWrite = deps.metrics?.decisionSeconds.startTimer()
      if (await store.persistOutcomes(outcomes)) endWrite?.()
      for (const message of outcomes.messages) queue.add(message)
      sender.pump()
      for (const rule of evaluations.takeDone()) await store.deleteRule(rule)
      background()
      deps.onWork(Math.max(1, dueAt - now()))
    },
    abandon() {
      loaded = false
      leadership.abandon()
    },
    advanced: evaluations.moved,
    refresh: requests.refresh,
    idle: sender.idle,
    async release() {
      loaded = false
      stopped = true
      await leadership.release()
    },
    get leads() {
      return leadership.leads
    },
  }
}

/** A stored message, due now if the clock was set back since it was queued. */
const dueMessage = (entry: Queued, now: number): Queued =>
  entry.item.queuedAt > now ? { ...entry, item: { ...entry.item, nextAt: now } } : entry

interface Decisions {
  /** All current decisions. Computed synchronously, so that states and notifications are consistent. */
  collect(): Outcomes
  /** Groups are checked in the next {@link collect}. */
  recheck(): void
}

interface DecisionsDeps {
  readonly evaluations: Evaluations
  readonly notifying: Notifying
  readonly notifier: Notifier
  readonly requests: RequestReader
  readonly now: () => number
}

function createDecisions({ evaluations, notifying, notifier, requests, now }: DecisionsDeps): Decisions {
  let dispatchedAt = 0
  let dirty = true

  function isDispatchDue(): boolean {
    const { nextAt } = notifier
    return dirty || now() - dispatchedAt >= RECHECK_MS || now() < dispatchedAt || (nextAt !== null && now() >= nextAt)
  }

  function dispatch(): Step {
    dispatchedAt = now()
    const step = notifier.dispatch({ firing: evaluations.firing(), ended: evaluations.ended(), ...requests.operators })
    // A step may require another one: an alert that ended and began again is notified twice.
    dirty = step.groups.size > 0
    return step
  }

  return {
    recheck() {
      dirty = true
    },
    collect() {
      const rules = evaluations.unsaved()
      if (evaluations.takeChanged()) dirty = true
      const { messages, groups }: Step = isDispatchDue() ? dispatch() : { messages: [], groups: new Map() }
      const digests = requests.takeDigests()
      const digestMessages = digests.flatMap(({ receiver, notification }) => {
        const channels = notifying.digests.find(digest => digest.receiver === receiver)?.channels ?? []
        return notification ? notifier.messagesFor(notification, channels) : []
      })
      return { rules, groups, messages: [...messages, ...digestMessages], digests }
    },
  }
}

/** The evaluations, and the background work that does not delay turns. */
function createWatchers(deps: EngineDeps, isStopped: () => boolean): { evaluations: Evaluations; background: () => void } {
  const { catalogue, warehouse, now, logger } = deps
  const calendar = createCalendar(catalogue.product)
  const lateness = createLateness({
    query: warehouse.query,
    metrics: catalogue.metrics,
    now,
    onFailure: error => logger.warn({ err: error }, 'cannot measure the lateness of events'),
  })
  const evaluations = createEvaluations({
    rules: catalogue.rules,
    metrics: catalogue.metrics,
    read: deps.read,
    spanOf: calendar.periodAt,
    labels: { product: catalogue.product.name },
    liveCodes: deps.liveCodes,
    latenessMs: rule => lateness.of(rule),
    now,
    // Stopping closes the stores under evaluations that are still running.
    onFailure: (rule, error) => {
      if (!isStopped()) logger.warn({ err: error, rule: rule.name }, 'cannot evaluate a rule')
    },
    onObserved: () => deps.onWork(OBSERVED_MS),
    onEvaluated(ms) {
      deps.metrics?.ruleEvaluations.inc()
      deps.metrics?.evaluationSeconds.observe(ms / 1_000)
    },
  })
  const storeHistory = createHistoryStore({
    insert: warehouse.insert,
    rows: evaluations.history,
    onStored: evaluations.historyStored,
    onFailure: error => logger.warn({ err: error }, 'cannot store the history of alerts; will retry'),
  })
  const background = () => {
    storeHistory()
    lateness.refresh()
  }
  return { evaluations, background }
}
