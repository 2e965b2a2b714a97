import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyTree, ROOT, runIn, type TreeCopy } from './tree-copy.ts'

interface Report {
  readonly modules: number
  readonly dependencies: number
  readonly violations: readonly { readonly rule: string; readonly from: string; readonly to: string }[]
}

/** A file that breaks a rule: the rule that must catch it, its path and its content. */
const VIOLATIONS: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['resolvable', 'services/ingest/src/x-missing.ts', `import './nothing-here.ts'`],
  ['no-cycles', 'packages/runtime/src/x-circle-a.ts', `import './x-circle-b.ts'\nexport const a = 1`],
  ['no-cycles', 'packages/runtime/src/x-types-a.ts', `import type { B } from './x-types-b.ts'\nexport type A = B | 1`],
  ['pure-packages', 'packages/events/src/x-service.ts', `import '@northstar/runtime'`],
  ['pure-packages', 'packages/metrics/src/x-library.ts', `import 'fastify'`],
  ['pure-packages', 'packages/alerting/src/x-core.ts', `import 'node:http'`],
  ['pure-packages-metrics', 'packages/catalogue/src/x-metrics.ts', `import '@northstar/metrics'`],
  ['pure-packages-live-counters', 'packages/alerting/src/x-counters.ts', `import '@northstar/live-counters'`],
  ['pure-packages-metrics', 'packages/events/src/x-metrics.ts', `import '@northstar/metrics'`],
  ['pure-packages-files', 'packages/metrics/src/x-files.ts', `import 'node:fs'`],
  ['driver-kafkajs', 'packages/event-log/src/x-kafka.ts', `import 'kafkajs'`],
  ['driver-lmdb', 'packages/state/src/redis/x-lmdb.ts', `import type { Database } from 'lmdb'\nexport type A = Database`],
  ['driver-ioredis', 'services/ingest/src/x-redis.ts', `import 'ioredis'`],
  ['driver-ioredis', 'packages/state/src/redis/x-ioredis.ts', `import type { Redis } from 'ioredis'\nexport type A = Redis`],
  ['redis-connections', 'services/ingest/src/x-connection.ts', `import '@northstar/redis'`],
  ['driver-clickhouse-client', 'services/api/src/x-client.ts', `import '@clickhouse/client'`],
  ['driver-chdb', 'packages/clickhouse/src/server/x-chdb.ts', `import 'chdb'`],
  ['services-stay-apart', 'services/ingest/src/x-counters.ts', `import '@northstar/counters'`],
  ['page-takes-types', 'services/web/src/x-code.ts', `import '@northstar/http-api'`],
  [
    'page-knows-the-api',
    'services/web/src/x-catalogue.ts',
    `import type { Calendar } from '@northstar/catalogue'\nexport type A = Calendar`,
  ],
  ['northstar-uses-entries', 'services/northstar/src/x-inside.ts', `import '../../counters/src/fold-records.ts'`],
  ['adapters-in-open', 'services/counters/src/x-adapter.ts', `import '@northstar/event-log/kafka'`],
  ['adapters-in-open', 'packages/runtime/src/x-adapter.ts', `import '@northstar/state/embedded'`],
  ['open-in-wiring', 'services/counters/src/x-open.ts', `import '@northstar/event-log/open'`],
  ['open-in-wiring', 'services/northstar/src/commands/x-open.ts', `import '@northstar/state/open'`],
  ['adapters-in-open', 'services/northstar/src/commands/x-adapter.ts', `import '@northstar/clickhouse/embedded'`],
  ['packages-below-services', 'packages/runtime/src/x-above.ts', `import '@northstar/counters'`],
  ['test-is-a-leaf', 'packages/runtime/src/x-test.ts', `import '../../../test/global-setup.ts'`],
  ['contracts-for-tests', 'packages/state/src/x-contract.ts', `import './contract/x-suite.ts'`],
  ['contracts-for-tests', 'services/warehouse/src/x-testkit.ts', `import '@northstar/testkit'`],
  ['by-name', 'services/ingest/src/x-path.ts', `import '../../../packages/events/src/row.ts'`],
]

async function check(folder: string): Promise<Report & { readonly code: number; readonly stderr: string }> {
  const { code, stdout, stderr } = await runIn(folder, 'test/architecture/check-imports.mjs', ['--json'])
  return { code, stderr, ...(JSON.parse(stdout) as Report) }
}

test('the tree keeps the import rules', async () => {
  const { code, stderr, violations, modules } = await check(ROOT)
  expect(violations).toEqual([])
  expect(modules).toBeGreaterThan(100)
  expect(code, stderr).toBe(0)
})

describe('each rule catches a deliberate violation', () => {
  let copy: TreeCopy
  let report: Awaited<ReturnType<typeof check>>
  beforeAll(async () => {
    copy = await copyTree()
    for (const [, file, text] of VIOLATIONS) await copy.write(file, `${text}\n`)
    await copy.write('packages/runtime/src/x-circle-b.ts', `import './x-circle-a.ts'\nexport const b = 1\n`)
    await copy.write('packages/runtime/src/x-types-b.ts', `import type { A } from './x-types-a.ts'\nexport type B = A[]\n`)
    await copy.write('packages/state/src/contract/x-suite.ts', 'export const suite = 1\n')
    await copy.write('packages/state/src/index.ts', `export * from './embedded/index.ts'\n`)
    report = await check(copy.path)
  })
  afterAll(() => copy.remove())

  test.each(VIOLATIONS)('%s in %s', (rule, file) => {
    expect(report.violations).toContainEqual(expect.objectContaining({ rule, from: file }))
  })

  test('ports-reach-no-driver', () => {
    expect(report.violations).toContainEqual(
      expect.objectContaining({ rule: 'ports-reach-no-driver', from: 'packages/state/src/index.ts', to: expect.stringMatching(/lmdb/) }),
    )
  })

  test('and the check fails', () => expect(report.code).toBe(1))
})

describe('a check that read nothing fails', () => {
  test('where the tree is empty', async () => {
    const copy = await copyTree({ sources: false })
    try {
      const { code, stderr, violations } = await check(copy.path)
      expect([violations, code]).toEqual([expect.anything(), 1])
      expect(stderr + JSON.stringify(violations)).toMatch(/did not read the tree|resolvable/)
    } finally {
      await copy.remove()
    }
  })

  test('where its configuration leaves everything out', async () => {
    const copy = await copyTree()
    try {
      await copy.write('.dependency-cruiser.cjs', 'module.exports = { forbidden: [], options: { exclude: { path: ".*" } } }\n')
      const { code, stderr, violations } = await check(copy.path)
      expect(violations).toEqual([])
      expect(stderr).toContain('the checker did not read the tree')
      expect(code).toBe(1)
    } finally {
      await copy.remove()
    }
  })
})
