import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CatalogueInvalid, formatProblem, loadProduct } from '@northstar/catalogue'
import { metricsSection } from '@northstar/metrics'
import { afterAll, expect, test } from 'vitest'
import { dashboardSection } from './dashboard-file.ts'

const caro = fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url))
const read = (path: string) => loadProduct(path, { metrics: metricsSection, dashboard: dashboardSection }).catalogue
const folder = mkdtempSync(join(tmpdir(), 'dashboard-file-'))
cpSync(caro, folder, { recursive: true })
afterAll(() => rmSync(folder, { recursive: true }))

function load(panels: string | null) {
  if (panels === null) rmSync(join(folder, 'dashboard.yaml'))
  else writeFileSync(join(folder, 'dashboard.yaml'), `panels:\n${panels}\n`)
  return read(folder).dashboard
}

function mistakes(panels: string): readonly string[] {
  try {
    load(panels)
  } catch (error) {
    if (error instanceof CatalogueInvalid) return error.problems.map(formatProblem)
    throw error
  }
  return []
}

test('the panels come in the order of the file, with their defaults', () => {
  const { dashboard } = read(caro)
  const kinds = dashboard.panels.map(({ type, width }) => `${type} ${width}`)
  expect(kinds).toEqual([
    'north_star full',
    ...Array.from({ length: 6 }, () => 'value third'),
    ...Array.from({ length: 3 }, () => 'figures half'),
    'alerts half',
  ])
})

test.each([
  ['  - { type: value, metric: downlods }', 'unknown metric "downlods"', 'downloads'],
  ['  - { type: value, metric: downloads, by: chanel }', 'unknown breakdown "chanel"', 'channel'],
  ['  - { type: figures, title: T, figures: [{ metric: downloads, where: { chanel: website } }] }', 'unknown property "chanel"', 'channel'],
  ['  - { type: alerts, title: A, issues: { metric: bugs_opn } }', 'unknown metric "bugs_opn"', 'bugs_open'],
  ['  - { type: value, metric: retention }', '`offset` is missing', undefined],
])('a mistake is reported with its line and the nearest valid word: %s', (panels, message, near) => {
  const [problem, ...others] = mistakes(panels)
  expect(others).toEqual([])
  expect(problem).toMatch(/^dashboard\.yaml:2: /)
  expect(problem).toContain(message)
  if (near) expect(problem).toContain(`did you mean "${near}"?`)
})

test('without the file every metric has a panel, the north star first and the alerts last', () => {
  const { panels } = load(null)
  expect(panels.at(0)).toMatchObject({ type: 'north_star', metric: 'active_weekly_users' })
  expect(panels.at(-1)?.type).toBe('alerts')
  expect(panels).toHaveLength(read(folder).metrics.size + 1)
})
