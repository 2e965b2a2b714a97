import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { dashboardSection } from '@northstar/api'
import { loadProduct, sensitiveProperties } from '@northstar/catalogue'
import { metricsSection } from '@northstar/metrics'
import { expect, test } from 'vitest'
import { grafanaDashboards } from '../../services/northstar/src/grafana/dashboards.ts'
import { ROOT } from '../support/northstar.ts'

const GRANTS = ['analytics.*', 'github.*', 'metrics.*', 'northstar.alert_history']
const read = (path: string) => readFile(join(ROOT, path), 'utf8')
const { catalogue } = loadProduct(join(ROOT, 'deploy/products/caro'), { metrics: metricsSection, dashboard: dashboardSection })

test('no statement of a dashboard reads a table of events or names a sensitive property', () => {
  const sensitive = [...sensitiveProperties(catalogue.plan)]
  expect(sensitive).not.toEqual([])
  const texts = [...grafanaDashboards(catalogue).values()]
  const statements = texts.flatMap(text =>
    [...text.matchAll(/"rawSql": ("(?:[^"\\]|\\.)*")/g)].map(([, json = '""']) => String(JSON.parse(json))),
  )
  expect(statements.length).toBeGreaterThan(50)
  for (const sql of statements) {
    const tables = [...sql.matchAll(/\b(?:FROM|JOIN)\s+([\w.`]+)/g)].map(([, name]) => name)
    expect(tables.length).toBeGreaterThan(0)
    for (const table of tables) expect(table).toMatch(/^(metrics\.\w+|alert_history)$/)
    for (const name of sensitive) expect(sql).not.toMatch(new RegExp(`\\b${name}\\b`))
  }
})

test('the account of Grafana and Metabase may read views and the history of alerts alone', async () => {
  const users = await read('deploy/docker/clickhouse/users.xml')
  const account = /<dashboards>(.*?)<\/dashboards>/s.exec(users)?.[1] ?? ''
  expect([...account.matchAll(/<query>GRANT (.*?)<\/query>/g)].map(([, grant]) => grant).toSorted()).toEqual(
    GRANTS.map(name => `SELECT ON ${name}`),
  )
  const own = await read('deploy/clickhouse/dashboards.sql')
  expect([...own.matchAll(/^GRANT (.*) TO dashboards;$/gm)].map(([, grant]) => grant).toSorted()).toEqual(
    GRANTS.map(name => `SELECT ON ${name}`),
  )
  expect(await read('deploy/grafana/provisioning/datasources/northstar.yaml')).toContain('username: dashboards')
  for (const path of ['deploy/grafana/README.md', 'deploy/metabase/README.md']) expect(await read(path)).not.toMatch(/analyst/i)
})
