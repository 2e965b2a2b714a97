import { iso, MINUTE_MS } from '@northstar/catalogue'
import type { Warehouse } from '@northstar/clickhouse'
import type { EventLog } from '@northstar/event-log'
import { decodeHead } from '@northstar/events'
import type { Verification } from '@northstar/http-api'
import { countOfKind, LEDGER_ENTRIES, type LiveCounters, ledgerField, pieces, readWindow } from '@northstar/live-counters'
import { agree, type MetricCatalogue, MetricQueryError, type MetricReader, metricKinds } from '@northstar/metrics'
import type { LogIncidents } from '@northstar/pipeline'

export interface VerifyDeps {
  readonly log: EventLog
  readonly counters: LiveCounters
  readonly warehouse: Warehouse
  readonly catalogue: MetricCatalogue
  readonly incidents: LogIncidents
  readonly reader: MetricReader
  readonly now: () => number
}

type Difference = Verification['differences'][number]
type MetricByBoth = Verification['metrics'][number]

interface Account {
  accepted: number
  stored: number
  duplicates: number
  dead_lettered: number
  rejected: number
}

/**
 * Compares, for [from, to), the number of events in the log with the ledger of each group by arrival time, and the counts of event kinds
 * and the metrics of both stores by event time. Only the headers of the log's records are read, as far as the log still has them.
 * @param from epoch ms on a full minute, like `to`
 */
export async function verify(from: number, to: number, deps: VerifyDeps): Promise<Verification> {
  const notes: string[] = []
  const logFrom = Math.min(Math.max(from, await logBegins(deps)), to)
  const [log, warehouse, counters] = await Promise.all([
    accountOfLog(logFrom, to, deps),
    accountOfWarehouse(from, to, deps),
    accountOfCounters(from, to, deps),
  ])
  const differences: Difference[] = []
  const compare = (what: string, found: Record<string, number>) => {
    if (new Set(Object.values(found)).size > 1) differences.push({ what, found })
  }

  if (!counters) notes.push('the live counters no longer hold the whole span by arrival: the log is compared with the warehouse only')
  const groups = { warehouse, ...(counters && { counters }) }
  const compareGroups = (...entries: readonly (keyof Account)[]) => {
    for (const entry of entries) compare(entry, entryOf(groups, entry))
  }
  const kept = logFrom === from ? groups : await groupsOf(logFrom, to, deps)
  if (logFrom > from) {
    const since = logFrom < to ? `from ${iso(logFrom)} on` : 'nothing of the span'
    notes.push(`the log still has ${since}: earlier events are compared between the ledgers only`)
    compareGroups('accepted', 'rejected')
  }
  compare('accepted', { log: log.accepted, ...entryOf(kept, 'accepted') })
  compare('rejected', { log: log.rejected, ...entryOf(kept, 'rejected') })
  compareGroups('stored', 'duplicates', 'dead_lettered')
  for (const [name, account] of Object.entries(groups)) {
    compare(`balance of ${name}`, {
      accepted: account.accepted,
      'stored + duplicates + dead_lettered': account.stored + account.duplicates + account.dead_lettered,
    })
  }

  const kinds = await countsByKind(from, to, deps)
  if (!kinds) notes.push('the live counters do not hold the whole span by event time: counts of event kinds are not compared')
  for (const { kind, live, stored } of kinds ?? []) compare(`events of kind ${kind}`, { counters: live, warehouse: stored })

  const metrics = await metricsByBoth(from, to, deps)
  if (metrics.uncovered.length > 0)
    notes.push(`the live counters do not hold the whole span of ${metrics.uncovered.join(', ')}: not compared`)
  differences.push(...metrics.differences)

  const incidents = (await deps.incidents.list()).filter(({ acknowledgedAt }) => acknowledgedAt === null)
  return {
    ok: differences.length === 0 && incidents.length === 0,
    from: iso(from),
    to: iso(to),
    ...warehouse,
    log_from: iso(logFrom),
    ...(logFrom === from && { accepted: log.accepted, rejected: log.rejected }),
    differences,
    incidents: incidents.map(({ group, kind, partition, from, to, at, detail }) => ({ group, kind, partition, from, to, at, detail })),
    metrics: metrics.compared,
    notes,
  }
}

/** The first full minute from which the log has every record. */
async function logBegins({ log }: VerifyDeps): Promise<number> {
  let begins = 0
  for (const { partition, earliest } of await log.bounds()) {
    if (earliest === 0) continue
    let oldest = Number.POSITIVE_INFINITY
    for await (const { appendedAt } of log.scan(partition, { offset: earliest })) {
      oldest = appendedAt
      break
    }
    begins = Math.max(begins, oldest)
  }
  return Math.ceil(begins / MINUTE_MS) * MINUTE_MS
}

/** The ledgers of the groups. */
async function groupsOf(from: number, to: number, deps: VerifyDeps) {
  const [warehouse, counters] = await Promise.all([accountOfWarehouse(from, to, deps), accountOfCounters(from, to, deps)])
  return { warehouse, ...(counters && { counters }) }
}

async function accountOfLog(from: number, to: number, { log }: VerifyDeps): Promise<Pick<Account, 'accepted' | 'rejected'>> {
  const account = { accepted: 0, rejected: 0 }
  for (let partition = 0; partition < log.partitions; partition++) {
    for await (const record of log.scan(partition, { time: from })) {
      if (record.appendedAt >= to) break
      if (record.appendedAt < from) continue
      const head = decodeHead(record.headers)
      account.accepted += head.outcome === 'ok' ? head.value.count : 1
      if (head.outcome === 'ok') for (const count of Object.values(head.value.rejected ?? {})) account.rejected += count
    }
  }
  return account
}

async function accountOfWarehouse(from: number, to: number, { warehouse }: VerifyDeps): Promise<Account & { readonly forgotten: number }> {
  const [row] = await warehouse.query<Account & { readonly forgotten: number }>(
    `SELECT sum(accepted) AS accepted, sum(stored) AS stored, sum(duplicates) AS duplicates, sum(dead_lettered) AS dead_lettered,
       sum(rejected) AS rejected, sum(forgotten) AS forgotten
     FROM ledger WHERE minute >= fromUnixTimestamp64Milli({from:Int64}) AND minute < fromUnixTimestamp64Milli({to:Int64})`,
    { params: { from, to } },
  )
  const number = (entry: keyof Account | 'forgotten') => Number(row?.[entry] ?? 0)
  return {
    accepted: number('accepted'),
    stored: number('stored'),
    duplicates: number('duplicates'),
    dead_lettered: number('dead_lettered'),
    rejected: number('rejected'),
    forgotten: number('forgotten'),
  }
}

async function accountOfCounters(from: number, to: number, { counters, now }: VerifyDeps): Promise<Account | null> {
  const { horizon } = await counters.coverage()
  const buckets = pieces({ from, to }, Math.max(now(), horizon))
  if (!buckets) return null
  const totals = await counters.totals(buckets, LEDGER_ENTRIES.map(ledgerField))
  const [accepted = 0, duplicates = 0, dead_lettered = 0, rejected = 0] = LEDGER_ENTRIES.map(entry => totals.get(ledgerField(entry)) ?? 0)
  return { accepted, duplicates, dead_lettered, rejected, stored: accepted - duplicates - dead_lettered }
}

async function countsByKind(from: number, to: number, { catalogue, counters, warehouse, now }: VerifyDeps) {
  const kinds = [...catalogue.plan.events.keys()]
  const live = await readWindow(counters, kinds.map(countOfKind), { from, to }, now())
  if (!live) return null
  const rows = await warehouse.query<{ event: string; n: number }>(
    `SELECT event, count() AS n FROM events
     WHERE timestamp >= fromUnixTimestamp64Milli({from:Int64}) AND timestamp < fromUnixTimestamp64Milli({to:Int64}) GROUP BY event`,
    { params: { from, to } },
  )
  const stored = new Map(rows.map(row => [row.event, Number(row.n)]))
  return kinds.map((kind, index) => ({ kind, live: live[index]?.count ?? 0, stored: stored.get(kind) ?? 0 }))
}

async function metricsByBoth(from: number, to: number, { catalogue, reader }: VerifyDeps) {
  const compared: MetricByBoth[] = []
  const differences: Difference[] = []
  const uncovered: string[] = []
  const read = async (metric: string, source: 'live' | 'warehouse') =>
    (await reader.read({ metric, from, to, period: 'total', source })).points[0] ?? { value: null, sample: 0 }
  for (const metric of catalogue.metrics.values()) {
    if (metricKinds.get(metric.kind)?.source !== 'counted') continue
    const live = await read(metric.name, 'live').catch((error: unknown) => {
      if (error instanceof MetricQueryError && error.code === 'not_available') return null
      throw error
    })
    if (!live) {
      uncovered.push(metric.name)
      continue
    }
    const stored = await read(metric.name, 'warehouse')
    compared.push({ metric: metric.name, live: live.value, warehouse: stored.value })
    if (!agree(metric, live, stored))
      differences.push({ what: `metric ${metric.name}`, found: { counters: live.value, warehouse: stored.value } })
  }
  return { compared, differences, uncovered }
}

const entryOf = (accounts: Readonly<Record<string, Account>>, entry: keyof Account): Record<string, number> =>
  Object.fromEntries(Object.entries(accounts).map(([group, account]) => [group, account[entry]]))
