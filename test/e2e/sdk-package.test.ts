import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { findBrowser, startBrowser } from '../support/browser.ts'
import { type Installation, startEmbedded, WRITE_KEY } from '../support/installation.ts'
import { ROOT } from '../support/northstar.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 })

/** What a user writes: captures an event, or decides as a `telemetry` command would, and prints the client's answer. */
const BODY = `
const [command, tag] = process.argv.slice(2)
const client = createClient({ url: process.env.NORTHSTAR_URL, writeKey: process.env.NORTHSTAR_WRITE_KEY, app: 'packed', common: { platform: 'linux' } })
if (command === 'run') client.capture('command_generated', { category: 'devops', version: tag, unset: undefined })
else if (command !== 'status') client[command]()
console.log(JSON.stringify({ ...client.status(), preview: client.preview().map(event => event.properties.version) }))
client.close()
`
const PROGRAMS = {
  'program.mjs': `import { createClient } from '@northstar/sdk'\n${BODY}`,
  'program.cjs': `const { createClient } = require('@northstar/sdk')\n${BODY}`,
}

/** The command of each runtime, and how a program is run by it. */
const RUNTIMES: readonly (readonly [name: string, command: string, args: readonly string[], program: keyof typeof PROGRAMS])[] = [
  ['Node, import', process.execPath, [], 'program.mjs'],
  ['Node, require', process.execPath, [], 'program.cjs'],
  ['Node 18, import', 'node18', [], 'program.mjs'],
  ['Node 18, require', 'node18', [], 'program.cjs'],
  ['Deno', 'deno', ['run', '--allow-all', '--no-lock'], 'program.mjs'],
  ['Bun', 'bun', ['run'], 'program.mjs'],
]

/** Code that the types must accept and reject, by the extension of a TypeScript file. */
const TYPED = `import { createClient } from '@northstar/sdk'
interface Events { command_generated: { category?: string; platform?: 'linux' | 'macos' }; crash: { stack_trace: string } }
const maybe = (): string | undefined => undefined
const client = createClient<Events>({ url: 'http://127.0.0.1', writeKey: 'k', app: 'a', userId: maybe() })
client.capture('command_generated')
client.capture('command_generated', { category: maybe() })
client.capture('crash', { stack_trace: new Error('x') })
// @ts-expect-error an unknown event
client.capture('nope')
// @ts-expect-error a required property is missing
client.capture('crash')
// @ts-expect-error a required property may not be undefined
client.capture('crash', { stack_trace: maybe() })
// @ts-expect-error a value that the plan does not have
client.capture('command_generated', { platform: 'amiga' })
`
const chromium = findBrowser()

let installation: Installation
let folder: TempFolder

beforeAll(async () => {
  ;[installation, folder] = await Promise.all([startEmbedded(), tempFolder('sdk-package')])
  const npm = (args: readonly string[], cwd: string) =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const packed = npm(['pack', '--pack-destination', folder.path, '--silent'], join(ROOT, 'packages/sdk')).trim()
  await writeFile(join(folder.path, 'package.json'), '{ "private": true }')
  npm(['install', '--offline', '--no-audit', '--no-fund', join(folder.path, packed)], folder.path)
  for (const [name, text] of Object.entries(PROGRAMS)) await writeFile(join(folder.path, name), text)
})
afterAll(async () => {
  await installation?.remove()
  await folder?.remove()
})

/** The versions of the stored events of a tag, once there is one. An event that was sent twice under one id is stored once. */
function stored(tag: string): Promise<readonly string[]> {
  const statement = `SELECT version FROM ${installation.product.database}_views.command_generated WHERE startsWith(version, '${tag}-')`
  return eventually(
    async () => {
      const { stdout } = await installation.command(['sql', statement, '--json'])
      const { data } = JSON.parse(stdout) as { data: readonly { version: string }[] }
      return data.length > 0 && data.map(({ version }) => version)
    },
    { timeoutMs: 60_000 },
  )
}

test('the package has no dependency, and only what was built', async () => {
  const installed = join(folder.path, 'node_modules/@northstar/sdk')
  const { dependencies } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as { dependencies?: object }
  expect(dependencies).toBeUndefined()
  expect(execFileSync('ls', [installed], { encoding: 'utf8' }).trim().split('\n')).toEqual(['README.md', 'dist', 'package.json'])
})

describe.each(RUNTIMES)('%s', (name, command, args, program) => {
  const available = spawnSync(command, ['--version']).status === 0
  if (!available) process.stderr.write(`\nNOT RUN, for lack of ${command}: the packed SDK under ${name}\n`)

  test.runIf(available)('asks for consent, and sends each event once', async () => {
    const tag = name.replace(/\W+/g, '-')
    const home = join(folder.path, tag)
    await mkdir(home)
    const run = (what: string, version = '', more: Readonly<Record<string, string>> = {}) => {
      const { DO_NOT_TRACK: _, LOCALAPPDATA: __, ...rest } = process.env
      const env = { ...rest, XDG_STATE_HOME: home, NORTHSTAR_URL: installation.ingest, NORTHSTAR_WRITE_KEY: WRITE_KEY, ...more }
      const { status, stdout, stderr } = spawnSync(command, [...args, program, what, version], { cwd: folder.path, env, encoding: 'utf8' })
      expect(status, stderr).toBe(0)
      return { stderr, ...(JSON.parse(stdout) as { enabled: boolean; reason: string; preview: string[] }) }
    }
    expect(run('run', `${tag}-dnt`, { DO_NOT_TRACK: '1' })).toMatchObject({ reason: 'do_not_track', preview: [`${tag}-dnt`] })
    const first = run('run', `${tag}-first`)
    expect(first).toMatchObject({ reason: 'first_run', enabled: false, preview: [`${tag}-first`] })
    expect(first.stderr).toContain('Opt out: DO_NOT_TRACK=1')
    const second = run('run', `${tag}-second`)
    expect(second).toMatchObject({ reason: 'enabled', enabled: true, stderr: '' })
    expect(second.preview).toContain(`${tag}-second`)
    // Events that a runtime without detached processes could not send within 100 ms are sent at the next start.
    await eventually(async () => run('status').preview.length === 0, { timeoutMs: 60_000 })
    expect(run('disable')).toMatchObject({ reason: 'disabled' })
    expect(run('run', `${tag}-disabled`)).toMatchObject({ reason: 'disabled', enabled: false })
    expect(run('enable')).toMatchObject({ reason: 'enabled' })
    expect(await stored(tag)).toEqual([`${tag}-second`])
  })
})

test.each([
  ['NodeNext, import', 'typed.mts', 'nodenext', 'nodenext'],
  ['Node16, require', 'typed.cts', 'node16', 'node16'],
  ['a bundler', 'typed.ts', 'esnext', 'bundler'],
])('the types under strict settings: %s', async (_, file, module, moduleResolution) => {
  await writeFile(join(folder.path, file), TYPED)
  const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false }
  const compilerOptions = { ...strict, noEmit: true, module, moduleResolution, target: 'es2022', lib: ['es2022', 'dom'], types: [] }
  await writeFile(join(folder.path, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
  const { status, stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder.path], {
    encoding: 'utf8',
  })
  expect([stdout, status]).toEqual(['', 0])
})

test.runIf(chromium)('a bundle on a page of another origin sends, and keeps events over a reload', async () => {
  const options = JSON.stringify({ url: installation.ingest, writeKey: WRITE_KEY, app: 'page', common: { platform: 'linux' } })
  await writeFile(join(folder.path, 'page.js'), `import { createClient } from '@northstar/sdk'\nwindow.client = createClient(${options})\n`)
  await build({
    configFile: false,
    logLevel: 'silent',
    root: folder.path,
    build: { outDir: 'page', lib: { entry: 'page.js', formats: ['iife'], name: 'page', fileName: () => 'page.js' } },
  })
  const server = await serve(await readFile(join(folder.path, 'page/page.js'), 'utf8'))
  const browser = await startBrowser(chromium ?? '')
  try {
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', error => complaints.push(String(error)))
    page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
    const capture = (version: string) =>
      page.evaluate(`client.capture('command_generated', { category: 'devops', version: '${version}' }), client.status().reason`)
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    expect(await capture('page-first')).toBe('first_run')
    await page.reload()
    expect(await capture('page-second')).toBe('enabled')
    await page.reload()
    await page.evaluate('client.flush()')
    expect(await stored('page')).toEqual(['page-second'])
    expect(complaints).toEqual([])
  } finally {
    await browser.close()
    server.close()
  }
})

/** A page with the script, on a port of its own. */
function serve(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><link rel="icon" href="data:,"><script src="/page.js"></script>')
  })
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)))
}
