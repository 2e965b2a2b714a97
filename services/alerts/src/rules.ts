import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Backtest,
  backtest,
  type FixtureEvent,
  type Read,
  type RuleTest,
  type RuleTestResult,
  rulesTestFile,
  runRuleTest,
  type Simulation,
  type SimulationSpan,
  type TestWorld,
} from '@northstar/alerting'
import { type Catalogue, createCalendar, type Problem, parseYaml } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { createMetricReader } from '@northstar/metrics'

/** The tests of a product's rules (`alerts.test.yaml`), or what is wrong with the file. */
export function readRuleTests(folder: string): { readonly tests: readonly RuleTest[]; readonly problems: readonly Problem[] } {
  const found = parseYaml('alerts.test.yaml', readFileSync(join(folder, 'alerts.test.yaml'), 'utf8'), rulesTestFile)
  return { tests: found.value?.tests ?? [], problems: found.problems }
}

function simulationOf(catalogue: Catalogue): Simulation {
  return {
    rules: catalogue.rules,
    notifying: catalogue.notifying,
    metrics: catalogue.metrics,
    spanOf: createCalendar(catalogue.product).periodAt,
    labels: { product: catalogue.product.name },
  }
}

const readerOver = (catalogue: Catalogue, warehouse: Pick<Warehouse, 'query'>, now: () => number): Read =>
  createMetricReader({ catalogue, query: (sql, params) => warehouse.query(sql, { params }), now }).read

function rowOf({ id, event, timestamp, receivedAt, userId, sessionId, properties }: FixtureEvent): string {
  const fixed = { event, id, timestamp, received_at: receivedAt, user_id: userId, session_id: sessionId }
  return `${JSON.stringify({ ...properties, ...fixed })}\n`
}

/** A world over an empty warehouse: the same tables and questions as live. */
function createWorld(catalogue: Catalogue, warehouse: Warehouse): TestWorld {
  let batch = 0
  return {
    add: events => warehouse.insert('events', [Buffer.from(events.map(rowOf).join(''))], `rules-test:${batch++}`),
    // Tests may play at any time: nothing is in the future.
    read: readerOver(catalogue, warehouse, () => Number.MAX_SAFE_INTEGER),
  }
}

/** Runs the tests one after another, each over a warehouse of its own. */
export async function* testRules(
  catalogue: Catalogue,
  tests: readonly RuleTest[],
  open: (index: number) => Promise<Warehouse>,
): AsyncGenerator<RuleTestResult> {
  for (const [index, test] of tests.entries()) {
    const warehouse = await open(index)
    try {
      await warehouse.migrate(catalogue.plan)
      yield await runRuleTest(test, simulationOf(catalogue), createWorld(catalogue, warehouse))
    } finally {
      await warehouse.close()
    }
  }
}

/** When the product's rules would have fired over the warehouse's history. */
export function backtestRules(
  catalogue: Catalogue,
  warehouse: Pick<Warehouse, 'query'>,
  span: SimulationSpan,
  onStep?: (done: number) => void,
): Promise<Backtest> {
  return backtest(simulationOf(catalogue), span, readerOver(catalogue, warehouse, Date.now), onStep)
}
