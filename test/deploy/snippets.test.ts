import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Language, SNIPPETS } from '../../services/web/src/instrument/snippets.ts'
import { caughtUp } from '../support/caught-up.ts'
import { type Installation, startDistributed, startEmbedded } from '../support/installation.ts'
import { post } from '../support/load.ts'
import { ROOT } from '../support/northstar.ts'
import { allServers } from '../support/servers.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

const servers = allServers()
const MODES: readonly (readonly [mode: string, start: () => Promise<Installation>])[] = [
  ['embedded', () => startEmbedded()],
  ...(servers ? [['over real servers', () => startDistributed({ ...servers })] as const] : []),
]

type Run = (command: string, ...args: string[]) => string
type Paste = (lines: string, folder: string, run: Run, installation: Installation) => Promise<void>

/** What somebody does with the lines of a language, and the tool that this needs. */
const PASTED: Readonly<Record<Language, readonly [tool: string, paste: Paste]>> = {
  shell: ['curl', async (lines, _, run) => void run('sh', '-c', lines)],
  python: ['python3', async (lines, _, run) => void run('python3', '-c', lines)],
  go: [
    'go',
    async (lines, folder, run) => {
      await writeFile(join(folder, 'main.go'), lines)
      run('go', 'run', 'main.go')
    },
  ],
  rust: [
    'cargo',
    async (lines, folder, run) => {
      newCrate(lines, run)
      await writeFile(join(folder, 'src/main.rs'), lines)
      run('cargo', 'run', '--quiet')
    },
  ],
  typescript: [
    'node',
    async (lines, folder, run, installation) => {
      const { stdout } = await installation.command(['plan', 'types'])
      await mkdir(join(folder, 'src'))
      await writeFile(join(folder, 'src/events.ts'), stdout)
      await writeFile(join(folder, 'src/index.ts'), lines)
      await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
      run('npm', 'install', '--offline', '--no-audit', '--no-fund', '--install-links', join(ROOT, 'packages/sdk'))
      const options = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom', '--outDir', 'dist']
      run('node', join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, 'src/index.ts')
      // The first run shows the notice and sends nothing.
      run('node', 'dist/index.js')
      run('node', 'dist/index.js')
    },
  ],
}

/** A project with the crate that the first line names. */
function newCrate(lines: string, run: Run): void {
  run('cargo', 'init', '--quiet', '--vcs', 'none', '--name', 'pasted')
  run('cargo', 'add', '--quiet', /cargo add (\S+)/.exec(lines)?.[1] ?? '')
}

/** Tests fetch nothing: crates come from the local cache. */
function runIn(folder: string, env: Readonly<Record<string, string>> = {}): Run {
  const { DO_NOT_TRACK: _, ...rest } = process.env
  return (command, ...args) =>
    execFileSync(command, args, { cwd: folder, env: { ...rest, CARGO_NET_OFFLINE: 'true', ...env }, encoding: 'utf8', stdio: 'pipe' })
}

/** Why the lines of a language cannot be run on this machine; undefined if they can. */
async function obstacle(language: string, tool: string): Promise<string | undefined> {
  const folder = await tempFolder('crates')
  const run = runIn(folder.path)
  try {
    run(tool, tool === 'go' ? 'version' : '--version')
  } catch {
    return `${tool} is missing`
  }
  try {
    if (language !== 'rust') return undefined
    newCrate(SNIPPETS.rust({ url: '', writeKey: '', example: {} }), run)
    run('cargo', 'fetch', '--quiet')
    return undefined
  } catch {
    return 'crates are missing in the local cache of cargo'
  } finally {
    await folder.remove()
  }
}

/** The lines of docs/instrumenting.md for clients of other vendors, by the packages that they install. */
const instrumenting = await readFile(join(ROOT, 'docs/instrumenting.md'), 'utf8')
const VENDORS: readonly (readonly [packages: string, lines: string])[] = Array.from(
  instrumenting.matchAll(/```js\n(\/\/ npm install (.*)\n[\s\S]*?)```/g),
  ([, lines = '', packages = '']) => [packages, lines],
)

const possible: string[] = []
for (const [language, [tool]] of Object.entries(PASTED)) {
  const reason = await obstacle(language, tool)
  if (reason === undefined) possible.push(language)
  else process.stderr.write(`\nNOT RUN, since ${reason}: the lines for ${language} of the page Instrument\n`)
}

// Both modes build the same crates.
let crates: TempFolder
beforeAll(async () => {
  crates = await tempFolder('target')
})
afterAll(() => crates?.remove())

describe.each(MODES)('the lines of the page Instrument, pasted: %s', (_, start) => {
  let installation: Installation
  let home: TempFolder

  beforeAll(async () => {
    ;[installation, home] = await Promise.all([start(), tempFolder('snippets')])
  })
  afterAll(async () => {
    await installation?.remove()
    await home?.remove()
  })

  /** Creates a key, and expects that one event of it is accepted once `send` has run. */
  async function sendsOneEvent(name: string, send: (key: string, run: Run, folder: string) => Promise<void>): Promise<void> {
    const made = JSON.parse((await installation.command(['keys', 'create', name, '--json'])).stdout) as { id: string; key: string }
    const folder = join(home.path, made.id)
    await mkdir(folder)
    // Ingest looks for a new key once a second at most.
    const known = () => post(installation.ingest, '[]', { authorization: `Bearer ${made.key}` }).then(({ status }) => status !== 401)
    await eventually(known, { timeoutMs: 60_000 })
    await send(made.key, runIn(folder, { XDG_STATE_HOME: home.path, CARGO_TARGET_DIR: crates.path }), folder)
    const accepted = () => installation.get(`/v1/keys/${made.id}/events`).then(answer => (answer.body as { accepted: number }).accepted)
    await eventually(async () => (await accepted()) === 1, { timeoutMs: 60_000 })
  }

  test.each(possible as Language[])('%s: the event is counted', language =>
    sendsOneEvent(language, async (writeKey, run, folder) => {
      const { body } = await installation.get('/v1/dashboard')
      const { example } = body as { readonly example: Readonly<Record<string, unknown>> }
      const lines = SNIPPETS[language]({ url: installation.ingest, writeKey, example })
      const [, paste] = PASTED[language]
      await paste(lines, folder, run, installation)
    }),
  )

  test.each(VENDORS)('the documented lines for %s: the event is counted', (packages, lines) =>
    sendsOneEvent(packages, async writeKey => {
      const code = lines.replaceAll('https://telemetry.example.com', installation.ingest).replaceAll('nsw_…', writeKey)
      // From the root of the repository, where the packages are installed.
      runIn(ROOT)('node', '--input-type=module', '-e', code)
    }),
  )

  test('all of them are in the metrics', async () => {
    const all = possible.length + VENDORS.length
    expect(VENDORS.length).toBe(4)
    await caughtUp(installation)
    const { body } = await installation.get('/v1/verify')
    expect(body).toMatchObject({ ok: true, accepted: all, stored: all, rejected: 0 })
  })
})
