import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { copyProduct, type ProductCopy } from '../support/product-copy.ts'
import { axeViolations, DESKTOP, PHONE, settled, sideways } from './page.ts'
import { describeProduct } from './suite.ts'

/** Neither has a place to break at. */
const LONG = 'n'.repeat(300)
const LONG_VERSION = `9.9.9-${'v'.repeat(244)}`
const CHART = '/metrics/success_rate?by=category&period=day'

interface Files {
  'tracking-plan.yaml': {
    common: Record<string, { max_length?: number }>
    events: Record<string, { properties: Record<string, { max_length?: number }> }>
  }
  'alerts.yaml': { groups: { name: string; rules: object[] }[] }
}

/** Caro with categories and versions of up to 400 characters, and an alert for each category. */
async function productOfLongNames(): Promise<ProductCopy> {
  const product = await copyProduct()
  async function change<F extends keyof Files>(file: F, edit: (content: Files[F]) => void): Promise<void> {
    const path = join(product.folder, file)
    const content = parse(await readFile(path, 'utf8')) as Files[F]
    edit(content)
    await writeFile(path, stringify(content))
  }
  await change('tracking-plan.yaml', ({ common, events }) => {
    for (const property of [common.version, ...Object.values(events).map(({ properties }) => properties.category)])
      if (property?.max_length !== undefined) property.max_length = 400
  })
  await change('alerts.yaml', ({ groups }) => {
    const condition = { above: 2 }
    groups.push({
      name: 'long',
      rules: [{ alert: 'many_commands', metric: 'commands', window: '1h', by: 'category', condition, severity: 'P2', action: 'None' }],
    })
  })
  return product
}

const feedback = (count: number, category?: string) =>
  Array.from({ length: count }, (_, index) => ({
    event: 'command_feedback',
    user_id: `user-${index}`,
    session_id: `session-${index}`,
    properties: { success: index % 2 === 0, platform: 'linux', version: LONG_VERSION, ...(category && { category }) },
  }))

const commands = (count: number, category: string) =>
  feedback(count, category).map(({ properties: { success: _, ...properties }, ...event }) => ({
    ...event,
    event: 'command_generated',
    properties,
  }))

const legend = (page: Page) => page.locator('.legend-text').allTextContents()

let copy: ProductCopy | undefined

const options = async () => {
  copy = await productOfLongNames()
  return { demo: false, env: { NORTHSTAR_PRODUCT: copy.folder } }
}

describeProduct('a breakdown with many members, an absent one and long names', options, suite => {
  beforeAll(async () => {
    // The largest are last by alphabet.
    const sizes = { a: 1, b: 2, c: 3, x: 5, y: 6, z: 7 }
    await suite.product.send(
      ...Object.entries(sizes).flatMap(([category, count]) => feedback(count, category)),
      ...feedback(8),
      ...feedback(9, LONG),
    )
    await suite.product.send(...commands(4, LONG))
  })
  afterAll(() => copy?.remove())

  test('the chart has the five largest, the absent one as (none); the table has all', async () => {
    const page = await suite.signedIn()
    await page.goto(CHART)
    await page.locator('.legend-text').first().waitFor()
    expect(await legend(page)).toEqual([`N${LONG.slice(1)}`, '(none)', 'Z', 'Y', 'X'])
    await page.getByText('The 5 largest of 8. The table has all.').waitFor()
    await page.getByRole('button', { name: 'Show table' }).click()
    const head = (await page.locator('.table thead th').allTextContents()).filter(text => !text.endsWith('Target'))
    expect(head).toEqual(['Period', `N${LONG.slice(1)}`, '(none)', 'Z', 'Y', 'X', 'C', 'B', 'A'])
    // One member alone is named too.
    await page.goto(`${CHART}&where.category=z`)
    await page.locator('.legend-text').first().waitFor()
    expect(await legend(page)).toEqual(['Z'])
  })

  test.each([
    ['390 px', PHONE],
    ['1280 px', DESKTOP],
  ])('300 characters without a blank make no page wider than its window: %s', async (_, viewport) => {
    const page = await suite.signedIn({ viewport })
    await page.goto('/alerts')
    await page.getByRole('listitem').filter({ hasText: 'Many commands' }).getByText('Firing', { exact: true }).waitFor({ timeout: 60_000 })
    const overflow: Record<string, number> = {}
    const look = async (name: string) => {
      await settled(page)
      overflow[name] = await sideways(page)
    }
    await look('alerts')
    const alert = page.getByRole('listitem').filter({ hasText: 'Many commands' }).getByRole('link').first()
    const address = await alert.getAttribute('href')
    const paths = [
      '/',
      '/metrics',
      `/metrics/commands?where.category=${LONG}`,
      '/releases',
      `/releases/${LONG_VERSION}`,
      '/rules',
      '/health',
      address ?? '',
    ]
    for (const path of paths) {
      await page.goto(path)
      await look(path.slice(0, 40))
    }
    await page.goto(CHART)
    await page.locator('.legend-text').first().waitFor()
    await look('chart')
    await page.locator('.chart').scrollIntoViewIfNeeded()
    const plot = await page.locator('.recharts-cartesian-grid').boundingBox()
    if (!plot) throw new Error('the chart has no plot')
    // The last period is the only one with values.
    await page.mouse.move(plot.x + plot.width - 17, plot.y + plot.height / 2)
    await page.locator('.tip').waitFor({ timeout: 5_000 })
    await look('tip')
    const tip = await page.locator('.tip').boundingBox()
    expect(tip?.width).toBeLessThan(viewport.width)
    // The plot keeps most of the chart's height.
    expect(plot.height).toBeGreaterThan(120)
    await page.getByRole('button', { name: 'Show table' }).click()
    await look('table')
    expect(overflow).toEqual(Object.fromEntries(Object.keys(overflow).map(name => [name, 0])))
    expect(await axeViolations(page)).toEqual([])
  })
})
