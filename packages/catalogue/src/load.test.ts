import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { loadProduct } from './index.ts'

test('the Caro product is read', () => {
  const { catalogue } = loadProduct(fileURLToPath(new URL('../../../deploy/products/caro', import.meta.url)), {})
  expect(catalogue.product).toEqual({ name: 'caro', title: 'Caro CLI', timezone: 'America/New_York', launch: '2026-01-15' })
  expect([...catalogue.plan.events.keys()]).toHaveLength(18)
  expect(catalogue.plan.events.get('crash')?.view).toBe('analytics.crashes')
  expect(catalogue.plan.events.get('crash')?.properties.get('platform')?.values).toEqual(['macos', 'linux', 'windows'])
  expect(catalogue.plan.columns.map(c => c.name)).toEqual(catalogue.plan.columns.map(c => c.name).toSorted())
})
