import { execFileSync } from 'node:child_process'
import { beforeAll, expect, test } from 'vitest'
import { isSource, isTest, readSources, type SourceFile } from './source-files.ts'
import { ROOT } from './tree-copy.ts'

const LONGEST_FILE = 400
const TOP_LEVEL = [
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'deploy',
  'docker-compose.yml',
  'docs',
  'package-lock.json',
  'package.json',
  'packages',
  'services',
  'test',
  'tsconfig.json',
  'turbo.json',
]

let files: readonly SourceFile[]
beforeAll(async () => {
  files = await readSources()
})

test('the top level holds what it should and nothing else', async () => {
  // What git would take: a build or an editor may leave more in a work folder.
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  const top = new Set(listed.split('\n').map(path => path.split('/')[0] ?? ''))
  expect([...top].filter(name => name && !name.startsWith('.')).sort()).toEqual(TOP_LEVEL)
})

test(`no source file is longer than ${LONGEST_FILE} lines`, () => {
  const long = files
    .filter(({ path }) => isSource(path) && !isTest(path))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > LONGEST_FILE)
  expect(long).toEqual([])
})

test('no product is known to the code: only the default names its folder', () => {
  const mentions = files
    .filter(({ path }) => /^(packages|services)\//.test(path) && !isTest(path))
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .filter(line => /\bcaro\b/i.test(line.replaceAll('deploy/products/caro', '')))
        .map(line => `${path}: ${line.trim()}`),
    )
  expect(mentions).toEqual([])
  const defaults = files.filter(
    ({ path, text }) => /^(packages|services)\/.*\.ts$/.test(path) && !isTest(path) && /deploy\/products\/caro/.test(text),
  )
  // The examples that `--help` prints name it too.
  expect(defaults.map(({ path }) => path)).toEqual(['packages/runtime/src/settings.ts', 'services/northstar/src/examples.ts'])
})

test('nothing of ours is mocked: real engines and recording receivers stand in', () => {
  const mocking = files.filter(
    ({ path, text }) => path !== 'test/architecture/tree.test.ts' && /\b(vi|jest)\.(mock|doMock|hoisted)\(/.test(text),
  )
  expect(mocking.map(({ path }) => path)).toEqual([])
})

test('file names are kebab-case', () => {
  const odd = files.filter(({ path }) => isSource(path) && !/^[a-z0-9]+([.-][a-z0-9]+)*$/.test(path.split('/').at(-1) ?? ''))
  expect(odd.map(({ path }) => path)).toEqual([])
})
