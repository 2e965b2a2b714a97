import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Receiver, startReceiver, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { overrideConnection } from '../api-client.ts'
import { createProgram } from '../program.ts'
import { collectCommand } from './collect.ts'

let folder: TempFolder
let ingest: Receiver
beforeEach(async () => {
  folder = await tempFolder('collect')
  ingest = await startReceiver()
  ingest.otherwise(({ body }) => ({ status: 202, body: JSON.stringify({ accepted: JSON.parse(body.toString()).length, rejected: [] }) }))
})
afterEach(async () => {
  overrideConnection({})
  await ingest.stop()
  await folder.remove()
})

async function file(name: string, content: string): Promise<string> {
  const path = join(folder.path, name)
  await writeFile(path, content)
  return path
}

const collect = (...words: string[]) =>
  createProgram([collectCommand()]).parseAsync(['collect', ...words, '--key', 'a-write-key', '--url', ingest.url], { from: 'user' })
const sent = () => ingest.requests.map(request => request.json() as { id: string; event: string; properties: object }[])
const LCOV = 'SF:src/safety/a.rs\nDA:1,1\nDA:2,1\nend_of_record\nSF:src/core/b.rs\nDA:1,1\nDA:2,0\nend_of_record\n'

it('coverage is sent as a whole and by category, once for a commit', async () => {
  const path = await file('coverage.lcov', LCOV)
  const words = ['coverage', path, '--category', 'safety=src/safety/**', '--category', 'core=src/core/**', '--commit', 'abc']
  await collect(...words)
  await collect(...words)
  await collect(...words.slice(0, -1), 'def')
  const [first, repeated, other] = sent()
  expect(first?.map(({ event, properties }) => [event, properties])).toEqual([
    ['test_coverage', { category: 'overall', value: 0.75 }],
    ['test_coverage', { category: 'safety', value: 1 }],
    ['test_coverage', { category: 'core', value: 0.5 }],
  ])
  const ids = (events: typeof first) => events?.map(({ id }) => id)
  expect(ids(repeated)).toEqual(ids(first))
  expect(new Set([...(ids(first) ?? []), ...(ids(other) ?? [])]).size).toBe(6)
  expect(ingest.requests[0]?.headers.authorization).toBe('Bearer a-write-key')
})

it('the size of a binary is sent in bytes, with its platform and version', async () => {
  const path = await file('caro', 'x'.repeat(8_400))
  await collect('size', path, '--platform', 'linux', '--release', '1.1.0')
  expect(sent()[0]?.map(({ event, properties }) => [event, properties])).toEqual([
    ['binary_size', { value: 8_400, platform: 'linux', version: '1.1.0' }],
  ])
})

it.each([
  ['no report', 'hello', [], 'it has no lines'],
  ['a category without files', LCOV, ['--category', 'privacy=src/privacy/**'], 'the category privacy has no lines'],
  ['a category without a pattern', LCOV, ['--category', 'privacy'], 'Expected NAME=PATTERN'],
])('%s is refused, and nothing is sent', async (_, content, options, message) => {
  await expect(collect('coverage', await file('report', content), ...options)).rejects.toThrow(message)
  expect(ingest.requests).toHaveLength(0)
})

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

it.each([
  ['coverage', 'coverage.lcov', LCOV, 3],
  ['size', 'target/release/app', 'x'.repeat(80), 1],
])(
  'the steps that the help of %s has for a pipeline run in a checkout of the application',
  async (name, path, content, events) => {
    const help = collectCommand().commands.find(command => command.name() === name)
    const texts: string[] = []
    help?.configureOutput({ writeOut: part => void texts.push(part) }).outputHelp()
    const line = /- run: (northstar\/\S+ collect .*)/.exec(texts.join(''))?.[1] ?? ''
    await mkdir(join(folder.path, dirname(path)), { recursive: true })
    await file(path, content)
    await symlink(ROOT, join(folder.path, 'northstar'))
    const env = { ...process.env, NORTHSTAR_URL: ingest.url, NORTHSTAR_WRITE_KEY: 'a-write-key', GITHUB_SHA: 'abc' }
    await promisify(execFile)('sh', ['-c', line], { cwd: folder.path, env })
    expect(sent()[0]).toHaveLength(events)
  },
  60_000,
)
