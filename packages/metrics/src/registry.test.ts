import { fileURLToPath } from 'node:url'
import { loadProduct } from '@northstar/catalogue'
import { createFold } from '@northstar/live-counters'
import { expect, test } from 'vitest'
import { livePlan, metricsSection } from './index.ts'

const folder = fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url))
const { catalogue, warnings } = loadProduct(folder, { metrics: metricsSection }, { env: process.env })

test('every metric of the product is read', () => {
  expect(warnings.filter(w => w.file === 'metrics.yaml')).toEqual([])
  expect([...catalogue.metrics.keys()].toSorted()).toEqual(
    `activation_rate active_weekly_users binary_size bugs_closed bugs_open bugs_opened churn_rate collector_runs commands commands_per_user crash_rate crash_rate_by_users csat
    discord_members downloads error_rate feature_adoption github_contributors github_stars memory_p50 memory_p95 memory_p99 new_crashes onboarding_funnel package_downloads response_time_p50
    response_time_p95 response_time_p99 retention success_rate test_coverage time_to_fix time_to_fix_median user_lifecycle user_segments`.split(
      /\s+/,
    ),
  )
})

test('live metrics are planned once, and the fold accepts the plan', () => {
  const plan = livePlan(catalogue)
  // The percentiles of one number share their bins, and the ratios by users share the active users.
  expect(plan.filter(a => a.kind === 'percentiles')).toEqual([
    { kind: 'percentiles', events: ['command_generation_latency'], of: 'duration_ms', where: [], by: 'query_complexity' },
    { kind: 'percentiles', events: ['memory_usage'], of: 'memory_kb', where: [] },
  ])
  expect(plan.filter(a => a.kind === 'unique' && a.of === 'session_id')).toHaveLength(4)
  expect(() => createFold(plan)).not.toThrow()
})
