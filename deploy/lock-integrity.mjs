// Adds to package-lock.json the hashes that npm leaves out for packages of other platforms. Changes nothing else.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = 'package-lock.json'
const lock = JSON.parse(readFileSync(FILE, 'utf8'))
for (const [path, entry] of Object.entries(lock.packages)) {
  if (!path.includes('node_modules/') || entry.link || entry.integrity) continue
  const name = `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${entry.version}`
  const { stdout, status } = spawnSync('npm', ['view', name, 'dist.integrity', '--json'], { encoding: 'utf8' })
  const { version, ...rest } = entry
  if (status === 0) lock.packages[path] = { version, integrity: JSON.parse(stdout), ...rest }
  process.stdout.write(`${name}: ${status === 0 ? 'added' : 'the registry does not have it'}\n`)
}
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`)
