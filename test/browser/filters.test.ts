import { expect, test } from 'vitest'
import { panel, settled } from './page.ts'
import { describeProduct } from './suite.ts'

interface Definition {
  readonly name: string
  readonly dimensions: readonly string[]
  readonly shape: string
}

/** A value of each property whose values the tracking plan lists; the others take any text, or a number. */
const VALUES: Readonly<Record<string, string>> = {
  action: 'opened',
  channel: 'github',
  count: '1',
  duration_ms: '1',
  error_type: 'timeout',
  memory_kb: '1',
  number: '1',
  platform: 'macos',
  prerelease: 'true',
  priority: 'P1',
  query_complexity: 'simple',
  rating: '5',
  success: 'true',
  value: '1',
}

describeProduct('the question in the address over the simulated beta', { demo: true }, suite => {
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(suite.product.url + path, { headers: { authorization: `Bearer ${suite.product.adminToken}` } })
    expect(answer.status, path).toBe(200)
    return (await answer.json()) as T
  }

  test('several filters at once, by any declared property, are in the address and in the figures', async () => {
    const page = await suite.signedIn()
    await page.goto('/metrics/commands?period=day&range=30d')
    const chart = panel(page, 'Over time')
    const add = async (property: string, value: string) => {
      await chart.getByRole('button', { name: 'Add filter' }).click()
      await chart.getByLabel('Property').selectOption(property)
      await chart.getByLabel('Value').fill(value)
      await chart.getByRole('button', { name: 'Add', exact: true }).click()
    }
    await add('platform', 'macos')
    await add('version', '1.1.0')
    const { searchParams } = new URL(page.url())
    expect([searchParams.get('where.platform'), searchParams.get('where.version')]).toEqual(['macos', '1.1.0'])
    await page.reload()
    await settled(page)
    await chart.getByRole('button', { name: 'Show table' }).click()
    const { points } = await ask<{ points: { value: number }[] }>(
      `/v1/metrics/commands?period=day&from=-10d&where.platform=macos&where.version=1.1.0`,
    )
    const known = points.filter(({ value }) => value > 0).map(({ value }) => new Intl.NumberFormat('en-US').format(value))
    expect(known.length).toBeGreaterThan(3)
    const shown = (await chart.getByRole('cell').allTextContents()).filter(text => /[1-9]/.test(text))
    expect(shown).toEqual(expect.arrayContaining(known))
    await chart.getByRole('button', { name: 'Remove filter Version = 1.1.0' }).click()
    expect(new URL(page.url()).searchParams.has('where.version')).toBe(false)
  })

  test('every metric page, and the retention page, takes filters by all of its properties', async () => {
    const { metrics } = await ask<{ metrics: readonly Definition[] }>('/v1/metrics')
    const page = await suite.signedIn()
    const paths = [
      ...metrics.map(({ name, dimensions }) => ({ path: `/metrics/${name}`, dimensions })),
      { path: '/retention', dimensions: metrics.find(({ shape }) => shape === 'cohorts')?.dimensions ?? [] },
    ]
    for (const { path, dimensions } of paths) {
      if (dimensions.length === 0) continue
      const filters = dimensions.slice(0, 2).map(property => `where.${property}=${VALUES[property] ?? 'any'}`)
      await page.goto(`${path}?${filters.join('&')}`)
      await page
        .getByRole('button', { name: /^Remove filter/ })
        .first()
        .waitFor()
      await settled(page)
      expect(await page.getByRole('button', { name: /^Remove filter/ }).count(), path).toBe(filters.length)
      expect(await page.getByRole('alert').allTextContents(), path).toEqual([])
      await page.getByRole('button', { name: 'Add filter' }).click()
      expect((await page.getByLabel('Property').locator('option').count()) > 0, path).toBe(true)
    }
  })

  test('cohorts are compared with the ones before and with those of a release', async () => {
    const page = await suite.signedIn()
    await page.goto('/retention')
    await page.getByLabel('Compare with').selectOption('previous')
    await settled(page)
    const cells = page.locator('.heat-cell')
    await expect.poll(async () => (await cells.allInnerTexts()).filter(text => /▲|▼/.test(text)).length).toBeGreaterThan(1)
    await page.getByLabel('Compare with').selectOption('release:1.0.9')
    await settled(page)
    expect(new URL(page.url()).searchParams.get('compare')).toBe('release:1.0.9')
    expect(await page.getByRole('alert').allTextContents()).toEqual([])
  })
})
