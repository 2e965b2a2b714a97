import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { minVersion, satisfies } from 'semver'
import { expect, test } from 'vitest'
import { ROOT } from './tree-copy.ts'

interface Entry {
  readonly version?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly engines?: { readonly node?: string }
  readonly hasInstallScript?: boolean
}

/** Engines for other platforms that the registry of this project's machines does not carry: `node deploy/lock-integrity.mjs` adds them elsewhere. */
const NOT_TO_BE_HAD = ['@chdb/lib-darwin-arm64', '@chdb/lib-darwin-x64', '@chdb/lib-linux-arm64-gnu']
/** They run code when they are installed, and work without it, from prebuilt parts. */
const INSTALL_SCRIPTS = ['chdb', 'cpu-features', 'lmdb', 'msgpackr-extract', 'protobufjs', 'ssh2']

const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as { packages: Record<string, Entry> }
const installed = Object.entries(packages)
  .filter(([path, { link }]) => path.includes('node_modules/') && !link)
  .map(([path, entry]) => ({ name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length), ...entry }))

test('every package is known by a hash', () => {
  expect(installed.length).toBeGreaterThan(300)
  const without = installed.filter(({ integrity }) => !integrity?.startsWith('sha512-')).map(({ name }) => name)
  expect(without.filter(name => !NOT_TO_BE_HAD.includes(name))).toEqual([])
})

test('every package runs on the oldest Node that is supported', () => {
  const { engines } = packages[''] ?? {}
  const oldest = minVersion(engines?.node ?? '')?.version ?? ''
  expect(oldest).toMatch(/^20\./)
  const beyond = installed.filter(one => one.engines?.node !== undefined && !satisfies(oldest, one.engines.node))
  expect(beyond.map(({ name, version, engines: needed }) => `${name}@${version} needs Node ${needed?.node}`)).toEqual([])
})

test('no package but these runs code when it is installed', () => {
  const running = new Set(installed.filter(({ hasInstallScript }) => hasInstallScript).map(({ name }) => name))
  expect([...running].sort()).toEqual(INSTALL_SCRIPTS)
})

test('the bill of materials names every package with its hash', async () => {
  const { stdout } = await promisify(execFile)('npm', ['run', '--silent', 'sbom'], { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 })
  const { components } = JSON.parse(stdout) as { components: { name: string; version: string; purl: string; hashes?: unknown[] }[] }
  expect(components.map(({ name }) => name)).toEqual(expect.arrayContaining(['fastify', 'kafkajs', 'ioredis', 'lmdb', 'chdb']))
  const without = components.filter(({ purl, hashes }) => !purl.includes('%40northstar') && !hashes).map(({ purl }) => purl)
  expect(without.filter(purl => !NOT_TO_BE_HAD.some(name => purl.includes(encodeURIComponent(name).replace('%2F', '/'))))).toEqual([])
})
