// Installs what the lockfile names and builds every package, saying how far it is. Quick when nothing has changed.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = `${root}node_modules`
const changedAt = path => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** Runs a command to its end; its output is shown only if it fails. `progressOf` reads the progress from the output, for the line that is shown meanwhile. */
async function step(label, command, args, progressOf) {
  const started = Date.now()
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (output += text))
  const line = () => `${label} … ${Math.round((Date.now() - started) / 1000)} s${progressOf(output)}`
  const terminal = process.stdout.isTTY
  const timer = setInterval(() => process.stdout.write(terminal ? `\r\x1b[K${line()}` : `${line()}\n`), terminal ? 500 : 5_000)
  const code = await new Promise(resolve => child.on('error', () => resolve(1)).on('exit', resolve))
  clearInterval(timer)
  process.stdout.write(`${terminal ? '\r\x1b[K' : ''}${line()}${code === 0 ? ', done' : ''}\n`)
  if (code === 0) return
  process.stderr.write(`${output}\n${label} failed.\n`)
  process.exit(1)
}

const installed = () => {
  const here = existsSync(modules) ? readdirSync(modules).length : 0
  return here > 0 ? `, ${here} packages here` : ''
}
const built = output => {
  const names = new Set([...output.matchAll(/^(@northstar\/[\w-]+):build:/gm)].map(match => match[1]))
  return names.size > 0 ? `, ${names.size} packages` : ''
}

if (changedAt(`${modules}/.package-lock.json`) < Math.max(changedAt(`${root}package-lock.json`), changedAt(`${root}package.json`))) {
  await step(
    'Installing (about 600 MB the first time, most of it the ClickHouse engine)',
    'npm',
    ['install', '--no-audit', '--no-fund'],
    installed,
  )
}
await step('Building', 'npm', ['run', '--silent', 'build'], built)
