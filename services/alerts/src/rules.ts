import {
  type Backtest,
  backtest,
  type FixtureEvent,
  type RuleTest,
  type RuleTestResult,
  runRuleTest,
  type Simulation,
  type SimulationSpan,
  type TestStage,
} from '@northstar/alerting'
import { createCalendar } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { eventsOf, hashText, type Row, tableBlock } from '@northstar/events'
import { countOfKind, createFold, fromTheBeginning, type LiveCounters, type Position } from '@northstar/live-counters'
import { createMetricReader, durableEvents, livePlan } from '@northstar/metrics'
import type { AlertingCatalogue } from './alerting-catalogue.ts'

function simulationOf(catalogue: AlertingCatalogue): Simulation {
  return {
    rules: catalogue.rules,
    routing: catalogue.notifying,
    metrics: catalogue.metrics,
    spanOf: createCalendar(catalogue.product).periodAt,
    labels: { product: catalogue.product.name },
  }
}

/** Empty stores for a rule test. The counters have one partition and use the test's clock. */
export interface TestStores {
  readonly warehouse: Warehouse
  readonly counters: LiveCounters
}

const TEST_PARTITION = 0

function rowOf({ id, event, timestamp, receivedAt, userId, sessionId, properties }: FixtureEvent): Row {
  const fixed = { event, id, timestamp, received_at: receivedAt, user_id: pseudonymOf(userId), session_id: pseudonymOf(sessionId) }
  return { ...fixed, ...properties }
}

/** A text of a pseudonym's form: 16 hexadecimal digits. */
function pseudonymOf(id: string): string {
  return id === '' ? '' : hashText(id)
}

/** A stage over empty stores: events are counted and queried as in production. */
function createStage(catalogue: AlertingCatalogue, { warehouse, counters }: TestStores, clock: { now: number }): TestStage {
  const aggregates = [...[...catalogue.plan.events.keys()].map(countOfKind), ...livePlan(catalogue)]
  const { columns } = catalogue.plan
  const fold = createFold(aggregates)
  const coverage = fromTheBeginning(aggregates)
  let position: Position | null = null
  return {
    async advance(now, events) {
      clock.now = now
      if (position && events.length === 0) return
      const rows = events.map(rowOf)
      if (rows.length > 0) fold.add(eventsOf(columns, rows))
      const next = { log: 'log', lastAt: 0, offset: (position?.offset ?? 0) + 1, windowStart: 0, coverage }
      await counters.apply(TEST_PARTITION, position, next, fold.take())
      if (rows.length > 0) await warehouse.insertBlock('events', tableBlock(columns, rows), `rules-test:${next.offset}`)
      position = next
    },
    read: createMetricReader({ catalogue, counters, query: (sql, params) => warehouse.query(sql, { params }), now: () => clock.now }).read,
  }
}

/**
 * Runs the tests one after another, each with its own stores.
 * @param open opens the stores of a test by its index; its counters must use `now`
 */
export async function* testRules(
  catalogue: AlertingCatalogue,
  tests: readonly RuleTest[],
  open: (index: number, now: () => number) => Promise<TestStores>,
): AsyncGenerator<RuleTestResult> {
  for (const [index, test] of tests.entries()) {
    const clock = { now: test.start }
    const stores = await open(index, () => clock.now)
    try {
      await stores.warehouse.migrate(catalogue.plan, { durableEvents: durableEvents(catalogue) })
      yield await runRuleTest(test, simulationOf(catalogue), createStage(catalogue, stores, clock))
    } finally {
      await stores.counters.close()
      await stores.warehouse.close()
    }
  }
}

/** Computes when the product's rules would have fired over the warehouse's history. */
export function backtestRules(
  catalogue: AlertingCatalogue,
  warehouse: Pick<Warehouse, 'query'>,
  span: SimulationSpan,
  onStep?: (done: number) => void,
): Promise<Backtest> {
  const { read } = createMetricReader({ catalogue, query: (sql, params) => warehouse.query(sql, { params }), now: Date.now })
  return backtest(simulationOf(catalogue), span, read, onStep)
}
