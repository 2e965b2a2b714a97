import { fileURLToPath } from 'node:url'
import { type Column, loadProduct } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import { openWarehouse } from '@northstar/clickhouse/open'
import { type Row, tableBlock } from '@northstar/events'
import { createMetricReader, durableEvents, metricRollups, metricsSection, type ParamValue } from '@northstar/metrics'
import { tempFolder } from '@northstar/testkit'
import { type Figure, median } from './figure.ts'

const EVENTS = Number(process.env.BENCH_EVENTS ?? 10_000_000)
const SESSION = 10
const USERS = 100_000
const WEEKS = 8
const WEEK_MS = 7 * 86_400_000
const CHUNK = 200_000
const TIMES = 5

/** Every metric of the catalogue by week over 10 million stored events, and the rollups' gain over the raw rows. */
export async function bench(): Promise<readonly Figure[]> {
  const folder = await tempFolder('bench-catalogue')
  const warehouse = await openWarehouse({ folder: folder.path, retentionDays: 730 })
  try {
    const { catalogue } = loadProduct(fileURLToPath(new URL('../../deploy/products/caro', import.meta.url)), { metrics: metricsSection })
    await warehouse.migrate(catalogue.plan, { rollups: metricRollups(catalogue), durableEvents: durableEvents(catalogue) })
    const now = Date.parse(catalogue.product.launch) + (WEEKS + 1) * WEEK_MS
    const query = <T>(sql: string, params: Readonly<Record<string, ParamValue>>) => warehouse.query<T>(sql, { params })
    const reader = createMetricReader({ catalogue, query, now: () => now })
    const exact = createMetricReader({ catalogue, query, now: () => now, exactUpTo: Number.POSITIVE_INFINITY })
    const from = reader.calendar.startOf(catalogue.product.launch)
    await fill(warehouse, catalogue.plan.columns, from)
    const figures: Figure[] = []
    const measure = async (name: string, work: () => Promise<unknown>) => {
      const times: number[] = []
      const cpu: number[] = []
      for (let i = 0; i < TIMES; i++) {
        const begin = performance.now()
        const before = process.cpuUsage()
        await work()
        times.push(performance.now() - begin)
        const { user, system } = process.cpuUsage(before)
        cpu.push((user + system) / 1000)
      }
      // The engine is in this process. Its CPU time depends far less on what else the machine does.
      figures.push({ name, value: median(times), unit: 'ms' }, { name: `${name}, CPU`, value: median(cpu), unit: 'ms' })
    }
    for (const metric of catalogue.metrics.values()) {
      for (const by of [undefined, ...metric.by]) {
        const question = { metric: metric.name, from, to: from + WEEKS * WEEK_MS, period: 'week', source: 'warehouse', by } as const
        await measure(`catalogue, ${metric.name}${by === undefined ? '' : ` by ${by}`}`, () => reader.read(question))
      }
    }
    // A span that is no whole hours cannot come from the hours.
    for (const [name, cut] of [
      ['hours', 0],
      ['raw rows', 1],
    ] as const) {
      const question = { metric: 'commands', from: from + cut, to: from + WEEKS * WEEK_MS, period: 'week', source: 'warehouse' } as const
      await measure(`catalogue, a count from ${name}`, () => reader.read(question))
    }
    for (const by of [undefined, 'query_complexity']) {
      const question = { metric: 'response_time_p95', from, to: from + WEEKS * WEEK_MS, period: 'week', source: 'warehouse', by } as const
      const name = `catalogue, a percentile${by === undefined ? '' : ` by ${by}`} from`
      await measure(`${name} sketches`, () => reader.read(question))
      await measure(`${name} raw rows`, () => exact.read(question))
    }
    for (const [name, asked] of [
      ['the rollup', reader],
      ['raw rows', exact],
    ] as const) {
      const question = {
        metric: 'crash_rate',
        from,
        to: from + WEEKS * WEEK_MS,
        period: 'week',
        source: 'warehouse',
        by: 'platform',
      } as const
      await measure(`catalogue, sessions by platform from ${name}`, () => asked.read(question))
    }
    for (const [name, table, first] of [
      ['the rollup', 'user_first', 'first'],
      ['raw rows', 'events', 'timestamp'],
    ]) {
      const sql = `SELECT count() FROM (SELECT user_key AS user, min(${first}) FROM ${table} WHERE event = 'command_generated' GROUP BY user)`
      await measure(`catalogue, first events from ${name}`, () => warehouse.query(sql))
    }
    return figures
  } finally {
    await warehouse.close()
    await folder.remove()
  }
}

/** Sessions of some events each, of users who begin at any time and stay. They come in the order of time, as events do. */
async function fill(warehouse: Warehouse, columns: readonly Column[], launch: number): Promise<void> {
  let state = 1
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? ''
  const userAt = (at: number): number => {
    const user = Math.floor(random() ** 1.5 * USERS)
    return ((user * 7_919) % USERS) / USERS / 2 <= at ? user : userAt(at)
  }
  const hash = (n: number) => ((BigInt(n + 1) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn).toString(16).padStart(16, '0')
  const kinds: readonly (readonly [below: number, event: string, own: () => string])[] = [
    [0.4, 'command_generated', () => `,"category":"${pick(['file_management', 'devops', 'network'])}"`],
    [
      0.76,
      'command_generation_latency',
      () => `,"duration_ms":${Math.round(10 + random() ** 4 * 2_000)},"query_complexity":"${pick(['simple', 'medium', 'complex'])}"`,
    ],
    [0.86, 'command_feedback', () => `,"success":${random() < 0.85},"category":"devops"`],
    [0.93, 'memory_usage', () => `,"memory_kb":${20_000 + Math.floor(random() * 40_000)}`],
    [0.96, 'command_generation_error', () => `,"error_type":"${pick(['timeout', 'parse_failure', 'llm_error', 'safety_blocked'])}"`],
    [0.98, 'downloads', () => `,"channel":"${pick(['website', 'github', 'reddit'])}"`],
    [0.99, 'feature_used', () => `,"feature":"${pick(['shell_integration', 'telemetry_export'])}"`],
    [0.995, 'satisfaction_survey', () => `,"rating":${1 + Math.floor(random() * 5)}`],
    [1, 'crash', () => ''],
  ]
  for (let chunk = 0; chunk * CHUNK < EVENTS; chunk++) {
    const lines: string[] = []
    for (let n = chunk * CHUNK; n < Math.min(EVENTS, (chunk + 1) * CHUNK); n += SESSION) {
      const at = (chunk + random()) / Math.ceil(EVENTS / CHUNK)
      const user = userAt(at)
      const common = `"user_id":"${hash(user)}","session_id":"${hash(1e9 + n)}","platform":"${['macos', 'linux'][user % 2]}","version":"1.${user % 3}.0"`
      for (let i = 0; i < SESSION; i++) {
        const chance = random()
        const [, event, own] = kinds.find(([below]) => chance < below) ?? [1, 'crash', () => '']
        const time = launch + Math.floor(at * WEEKS * WEEK_MS) + i * 20_000
        lines.push(`{"event":"${event}","id":"b${n + i}","timestamp":${time},"received_at":${time},${common}${own()}}`)
      }
    }
    const rows = JSON.parse(`[${lines.join(',')}]`) as Row[]
    await warehouse.insertBlock('events', tableBlock(columns, rows), `bench:${chunk}`)
  }
}
