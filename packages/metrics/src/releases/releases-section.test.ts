import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspectProduct } from '@northstar/catalogue'
import { tempFolder } from '@northstar/testkit'
import { expect, test } from 'vitest'
import { metricsSection, releasesSection } from '../index.ts'
import { newestFirst } from './order.ts'

const products = fileURLToPath(new URL('../../../../deploy/products', import.meta.url))
const inspect = (folder: string) => inspectProduct(folder, { metrics: metricsSection, releases: releasesSection })

test.each(['caro', 'webshop'])('the releases of %s have no mistakes', product => {
  expect(inspect(join(products, product)).problems).toEqual([])
})

test('mistakes contain the line and the nearest valid word', async () => {
  const folder = await tempFolder('releases-file')
  cpSync(join(products, 'caro'), folder.path, { recursive: true })
  const file = join(folder.path, 'releases.yaml')
  const text = readFileSync(file, 'utf8')
    .replace('property: version', 'property: versoin')
    .replace('by: [platform]', 'by: [platfrom]')
    .replace('event: crash,', 'event: crahs,')
    .replace('version: 1.0.9', 'version: 1.0.8')
    .replace('stage: beta', 'stage: betta')
    .replace('not_worse: error_rate', 'not_worse: eror_rate')
    .replace(', at_most: 0', '')
  writeFileSync(file, text)
  const lineOf = (part: string) => text.split('\n').findIndex(line => line.includes(part)) + 1
  const found = inspect(folder.path).problems.map(({ line, message, nearest }) => [line, nearest ?? message])
  await folder.remove()
  expect(found).toEqual([
    [lineOf('versoin'), 'version'],
    [lineOf('platfrom'), 'platform'],
    [lineOf('crahs'), 'crash'],
    [lineOf('notes/v1.0.9') || lineOf('tag/v1.0.9') - 2, 'release "1.0.8" is declared twice'],
    [lineOf('betta'), 'beta'],
    [lineOf('metric: bugs_open'), 'the limit is missing: `at_most` or `at_least`'],
    [lineOf('eror_rate'), 'error_rate'],
  ])
})

test('a release of the future and one that cannot be put in order are warned of; a version that YAML reads as a number is a mistake', async () => {
  const folder = await tempFolder('releases-file')
  cpSync(join(products, 'caro'), folder.path, { recursive: true })
  const releases = (list: string) => {
    writeFileSync(join(folder.path, 'releases.yaml'), `releases:\n${list}`)
    return inspectProduct(folder.path, { metrics: metricsSection, releases: releasesSection }, { now: Date.UTC(2026, 0, 20) })
  }
  const { problems, warnings } = releases('  - { version: 2.0.0, date: 2026-02-01 }\n  - { version: nightly, date: 2026-01-20 }\n')
  expect(problems).toEqual([])
  expect(warnings.map(({ line, message }) => `${line}: ${message}`)).toEqual([
    '2: the date 2026-02-01 is in the future: the release has no age and no figures until then',
    '3: "nightly" is not a semantic version such as 1.10.0: it is listed after all others and has no release before it',
  ])
  const long = 'x'.repeat(257)
  expect(
    releases(`  - { version: 1.10 }\n  - { version: ${long} }\n  - { version: 1.0.0, date: 2026-02-30 }\n`).problems.map(
      ({ line, message }) => `${line}: ${message.slice(0, 80)}`,
    ),
  ).toEqual([
    '2: releases.0.version: expected string, got 1.1: put it in quotes',
    expect.stringMatching(/^3: releases.1.version: must have at most 256 characters, got "x+$/),
    expect.stringMatching(/^4: releases.2.date: /),
  ])
  await folder.remove()
})

test('releases are ordered by semantic version; others come after them in their given order', () => {
  const versions = ['1.9.0', 'nightly-7', '1.10.0', '1.10.0-beta.2', 'v2.0.0', '1.10.0-beta.11', 'build 12', '1.10.0+5']
  expect(newestFirst(versions.map(version => ({ version }))).map(({ version }) => version)).toEqual([
    'v2.0.0',
    '1.10.0+5',
    '1.10.0',
    '1.10.0-beta.11',
    '1.10.0-beta.2',
    '1.9.0',
    'nightly-7',
    'build 12',
  ])
})
