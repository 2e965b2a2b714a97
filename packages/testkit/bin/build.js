// Builds this package if there is no build or the sources are newer. Some of its processes run from the build, also in tests.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const at = path => fileURLToPath(new URL(path, import.meta.url))
const changedAt = path => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

const newest = Math.max(...readdirSync(at('../src'), { recursive: true }).map(name => changedAt(at(`../src/${name}`))))
if (changedAt(at('../dist/serve.js')) < newest) {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')
  const build = spawnSync(process.execPath, [tsc, '-p', at('../tsconfig.json')], { stdio: ['ignore', 2, 2] })
  if (build.status !== 0) process.exit(1)
}
