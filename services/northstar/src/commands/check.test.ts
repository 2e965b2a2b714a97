import { cp, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { checkFolder } from './check.ts'

const product = fileURLToPath(new URL('../../../../deploy/products/caro', import.meta.url))

/** The product with a mistake in one of its files. */
async function withMistake(file: string, from: string, to: string) {
  const folder = await tempFolder('check')
  try {
    await cp(product, folder.path, { recursive: true })
    const text = await readFile(`${folder.path}/${file}`, 'utf8')
    expect(text).toContain(from)
    await writeFile(`${folder.path}/${file}`, text.replace(from, to))
    const { problems } = checkFolder(folder.path, {})
    return problems.map(({ file: name, line, nearest }) => ({ file: name, line: text.split('\n')[line - 1]?.trim(), nearest }))
  } finally {
    await folder.remove()
  }
}

test.each([
  ['product.yaml', 'timezone:', 'timezon:', 'timezone'],
  ['tracking-plan.yaml', 'issue_number: number', 'issue_number: numbr', 'number'],
  ['metrics.yaml', 'kind: percentile', 'kind: percentil', 'percentile'],
  ['metrics.yaml', 'of: duration_ms', 'of: duration', 'duration_ms'],
  ['alerts.yaml', 'metric: crash_rate', 'metric: crash_rat', 'crash_rate'],
  ['channels.yaml', 'receivers:', 'receiver:', 'receivers'],
  ['simulation.yaml', 'event: feature_used', 'event: feature_use', 'feature_used'],
  ['simulation.yaml', 'per_session:', 'per_sesion:', 'per_session'],
  ['alerts.test.yaml', 'alert_rule_test:', 'alert_rule_tests:', 'alert_rule_test'],
  ['dashboard.yaml', 'metric: downloads', 'metric: downlods', 'downloads'],
])('a mistake in %s: %s as %s', async (file, from, to, nearest) => {
  const text = await readFile(`${product}/${file}`, 'utf8')
  const line = text.split('\n').find(one => one.includes(from))
  const found = await withMistake(file, from, to)
  expect(found).toContainEqual({ file, line: line?.trim(), nearest })
})

test('the product is in order, but for channels without their secrets', () => {
  const { problems, warnings } = checkFolder(product, {})
  expect(problems).toEqual([])
  expect(warnings.length).toBeGreaterThan(0)
})
