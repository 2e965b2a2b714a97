// Asks the registry for known vulnerabilities of what is shipped. Exits 1 on one of high or critical severity, 0 where the
// registry cannot be asked (no network, or a mirror without that service), which is printed.
import { spawnSync } from 'node:child_process'

const { stdout, error } = spawnSync('npm', ['audit', '--json', '--omit=dev'], { encoding: 'utf8', timeout: 60_000 })
const report = parse(stdout)
const counts = report?.metadata?.vulnerabilities
if (counts === undefined) {
  const reason = error?.message ?? report?.message ?? report?.error?.summary ?? 'no answer'
  process.stdout.write(`NOT ASKED for known vulnerabilities: ${String(reason).split('\n')[0]}\n`)
} else {
  for (const { name, severity, range } of Object.values(report.vulnerabilities)) process.stdout.write(`${severity}: ${name} ${range}\n`)
  process.stdout.write(`${counts.total} known vulnerabilities, ${counts.high + counts.critical} of high or critical severity\n`)
  process.exitCode = counts.high + counts.critical > 0 ? 1 : 0
}

function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
