import { fileURLToPath } from 'node:url'
import { type DashboardFigure, dashboardSection } from '@northstar/api'
import { loadProduct } from '@northstar/catalogue'
import { type Metric, type MetricCatalogue, metricsSection, statusOf, type Target } from '@northstar/metrics'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BEHIND, colouring, GOOD, OFF } from './colouring.ts'
import { grafanaDashboards } from './dashboards.ts'
import { linesOf, NotInViews } from './lines.ts'
import { positioned, type Thresholds } from './model.ts'
import { productDashboard } from './product-dashboard.ts'

const { catalogue } = loadProduct(fileURLToPath(new URL('../../../../deploy/products/webshop', import.meta.url)), {
  metrics: metricsSection,
  dashboard: dashboardSection,
})

describe('a product without a dashboard of its own', () => {
  test('has every metric on one', () => {
    const { panels = [] } = productDashboard(catalogue)
    const titles = panels.map(({ title }) => title)
    for (const metric of catalogue.metrics.values()) expect(titles).toContain(metric.title)
  })

  test('has files named for it', () => {
    const { name } = catalogue.product
    expect([...grafanaDashboards(catalogue).keys()]).toEqual([`${name}.json`, `${name}-operations.json`])
  })
})

describe('the lines of a figure', () => {
  const broken = [...catalogue.metrics.values()].find(metric => metric.by.length > 0 && metric.kind !== 'retention') as Metric
  const [by = ''] = broken.by
  const figure = (given: Partial<DashboardFigure> = {}): DashboardFigure => ({ metric: broken.name, where: {}, ...given })
  const withMetric = (metric: Metric): MetricCatalogue => ({
    ...catalogue,
    metrics: new Map([...catalogue.metrics, [metric.name, metric]]),
  })

  test('two filters, or a filter of a breakdown, are refused: a view has one', () => {
    expect(() => linesOf(figure({ where: { [by]: 'a', other: 'b' } }), catalogue)).toThrow(NotInViews)
    expect(() => linesOf(figure({ where: { [by]: 'a' }, by }), catalogue)).toThrow(NotInViews)
  })

  test('a breakdown that no view has is refused', () => {
    expect(() => linesOf(figure({ where: { unheard: 'a' } }), catalogue)).toThrow(NotInViews)
    const taken = { ...broken, name: `${broken.name}_by_${by}` }
    expect(() => linesOf(figure({ by }), withMetric(taken))).toThrow(NotInViews)
  })

  test('what a name or a value holds does not end the text that it stands in', () => {
    const [line] = linesOf(figure({ title: 'a "b" \\ c', where: { [by]: "it's \\" } }), catalogue)
    expect(line?.sql).toContain('value AS "a \\"b\\" \\\\ c"')
    expect(line?.sql).toContain("= 'it\\'s \\\\'")
  })

  test('a breakdown whose values nobody lists is one query, whose series are named by the property', () => {
    const properties = (kind: string) => catalogue.plan.events.get(kind)?.properties ?? new Map()
    const unlisted = [...catalogue.plan.events.keys()].flatMap(kind =>
      [...properties(kind).values()].flatMap(({ name, type, values }) => (type === 'string' && !values ? [{ kind, name }] : [])),
    )
    const [found] = unlisted
    if (!found) throw new Error('every property is listed')
    const metric = { ...countOf(found.kind), by: [found.name] }
    const lines = linesOf({ metric: metric.name, where: {}, by: found.name }, withMetric(metric))
    expect(lines.map(({ seriesBy }) => seriesBy)).toEqual([undefined, found.name])
    expect(lines[1]?.sql).toContain(`FROM metrics.${metric.name}_by_${found.name}`)
  })

  const countOf = (kind: string): Metric => ({
    name: 'counted',
    title: 'Counted',
    description: 'How many.',
    unit: 'count',
    kind: 'count',
    by: [],
    where: [],
    definition: { events: [kind], where: [] },
    level: 'supporting',
    public: false,
  })
})

test('the colour of a value is its status', () => {
  const target = fc.record({
    value: fc.integer({ min: -50, max: 50 }).map(n => n / 10),
    direction: fc.constantFrom('at_least' as const, 'at_most' as const),
    slack: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
  })
  fc.assert(
    fc.property(target, fc.integer({ min: -100, max: 100 }), ({ value, direction, slack }, tenths) => {
      const beyond = direction === 'at_most' ? (slack ?? 0) : -(slack ?? 0)
      const given: Target = { value, direction, ...(slack !== undefined && { maxAllowed: value + beyond / 10 }) }
      const status = statusOf(tenths / 10, given)
      expect(colorOf(given, tenths / 10)).toBe(status === 'off' ? OFF : status === 'behind' ? BEHIND : GOOD)
    }),
  )
})

/** As Grafana colours: by the last step that the value reaches. */
function colorOf(target: Target, value: number): string | undefined {
  const given = colouring(target).find(({ id }) => id === 'thresholds')?.value as Thresholds | undefined
  return given?.steps.findLast(step => step.value === null || value >= step.value)?.color
}

test('panels stand side by side while there is room, and rows do not overlap', () => {
  const panel = { type: 'stat', title: 'a' }
  const sized = (width: number, height: number) => ({ width, height, panel })
  const laid = positioned([sized(12, 8), sized(12, 4), sized(24, 6), sized(8, 2)], { title: 'More', panels: [sized(12, 3)] })
  expect(laid.map(({ gridPos }) => gridPos && [gridPos.x, gridPos.y, gridPos.w, gridPos.h])).toEqual([
    [0, 0, 12, 8],
    [12, 0, 12, 4],
    [0, 8, 24, 6],
    [0, 14, 8, 2],
    [0, 16, 24, 1],
  ])
  expect(laid.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5])
  expect(laid.at(-1)).toMatchObject({ type: 'row', collapsed: true, panels: [{ id: 6, gridPos: { x: 0, y: 17 } }] })
})
