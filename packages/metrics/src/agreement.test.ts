import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import { expect, test } from 'vitest'
import { agree } from './agreement.ts'
import type { Metric } from './metric.ts'
import { metricsSection } from './metrics-section.ts'

const folderOf = (product: string) => fileURLToPath(new URL(`../../../deploy/products/${product}`, import.meta.url))
const metrics = new Map(
  ['caro', 'webshop'].flatMap(product => [...loadProduct(folderOf(product), { metrics: metricsSection }).catalogue.metrics]),
)

const cell = (value: number | null, sample: number) => ({ value, sample })

test.each<[string, readonly [number | null, number], readonly [number | null, number], boolean]>([
  ['commands', [1_000_000, 1_000_000], [1_000_000, 1_000_000], true],
  ['commands', [999_999, 999_999], [1_000_000, 1_000_000], false],
  ['success_rate', [0.87, 100], [0.87, 100], true],
  ['success_rate', [0.88, 100], [0.87, 100], false],
  ['success_rate', [null, 0], [null, 0], true],
  ['success_rate', [null, 0], [1, 1], false],
  ['active_weekly_users', [10_200, 10_200], [10_000, 10_000], true],
  ['active_weekly_users', [11_000, 11_000], [10_000, 10_000], false],
  ['active_weekly_users', [7, 7], [10, 10], true],
  ['active_weekly_users', [0, 0], [10, 10], false],
  ['crash_rate', [0.0011, 9_900], [0.001, 10_000], true],
  ['crash_rate', [0.01, 9_900], [0.001, 10_000], false],
  ['commands_per_user', [8.1, 9_900], [8, 10_000], true],
  ['commands_per_user', [9, 9_900], [8, 10_000], false],
  ['response_time_p95', [403, 5_000], [400, 5_000], true],
  ['response_time_p95', [420, 5_000], [400, 5_000], false],
  ['response_time_p95', [400, 4_999], [400, 5_000], false],
  ['turnover', [1_000.2, 500], [1_000.2, 500], true],
  ['turnover', [1_000.2 + 2 ** -40, 500], [1_000.2, 500], false],
  ['order_value', [20.0004, 500], [20, 500], false],
])('%s: live %j against stored %j is %j', (name, live, stored, alike) => {
  expect(agree(metrics.get(name) as Metric, cell(...live), cell(...stored))).toBe(alike)
})
