import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createCertificate, guardRun, SERVER_NAMES, type ServerName, startServers, TITLES } from '@northstar/testkit'
import type {} from '@northstar/testkit/vitest'
import type { TestProject } from 'vitest/node'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Starts, once a run, the real servers that the selected test files ask for, and passes their addresses to the tests. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const guard = guardRun()
  const needs = await serverNeeds(await selectedFiles(project))
  const wanted = SERVER_NAMES.filter(name => needs[name].length > 0)
  if (wanted.includes('clickhouse')) execFileSync(process.execPath, [`${ROOT}packages/testkit/bin/build.js`], { stdio: 'inherit' })
  const servers = await startServers({
    kafka: wanted.includes('kafka'),
    redis: wanted.includes('redis'),
    clickhouse: wanted.includes('clickhouse'),
    onProgress: line => process.stderr.write(`${line}\n`),
  })
  for (const name of wanted) {
    const reason = servers.missing[name]
    if (reason === undefined) continue
    const files = needs[name].map(file => `  ${relative(ROOT, file)}\n`).join('')
    process.stderr.write(`\nNOT RUN, for lack of ${TITLES[name]} (${reason}):\n${files}\n`)
  }
  const certificate = wanted.length > 0 ? await createCertificate(guard.folder) : undefined
  // Read by Node when a process starts: the workers of this run, and the product's processes.
  if (certificate) process.env.NODE_EXTRA_CA_CERTS = certificate.caFile
  project.provide('certificate', certificate)
  project.provide('kafkaBrokers', servers.addresses.kafka)
  project.provide('redisUrl', servers.addresses.redis)
  project.provide('clickhouseUrl', servers.addresses.clickhouse)
  project.provide('missingServers', servers.missing)
  project.provide('ci', /^(1|true)$/.test(process.env.CI ?? ''))
  return async () => {
    await servers.stop()
    await guard.end()
  }
}

/** The files that this run was asked for; all where that is unknown. */
async function selectedFiles(project: TestProject): Promise<readonly string[]> {
  const filters: unknown = Reflect.get(project.vitest, 'filenamePattern')
  const usable = Array.isArray(filters) && filters.every(filter => typeof filter === 'string')
  const { testFiles } = await project.globTestFiles(usable ? filters : undefined)
  return testFiles
}

/** The test files by the server that they, or files of their folder that they import, ask for. */
async function serverNeeds(files: readonly string[]): Promise<Record<ServerName, string[]>> {
  const needs: Record<ServerName, string[]> = { kafka: [], redis: [], clickhouse: [] }
  for (const file of files) {
    const text = await textWithImports(file, new Set())
    for (const name of SERVER_NAMES) if (new RegExp(`serverFor\\(\\s*['"]${name}['"]`).test(text)) needs[name].push(file)
  }
  return needs
}

async function textWithImports(file: string, seen: Set<string>): Promise<string> {
  if (seen.has(file)) return ''
  seen.add(file)
  let text = await readFile(file, 'utf8').catch(() => '')
  for (const [, imported] of text.matchAll(/from '(\.{1,2}\/[^']+\.ts)'/g)) {
    if (imported) text += await textWithImports(resolve(dirname(file), imported), seen)
  }
  return text
}
