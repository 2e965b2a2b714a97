import { alertsCommand } from './commands/alerts.ts'
import { backupCommand } from './commands/backup.ts'
import { checkCommand } from './commands/check.ts'
import { collectCommand } from './commands/collect.ts'
import { deadLettersCommand } from './commands/dead-letters.ts'
import { forgetCommand } from './commands/forget.ts'
import { gateCommand } from './commands/gate.ts'
import { grafanaCommand } from './commands/grafana.ts'
import { incidentsCommand } from './commands/incidents.ts'
import { keysCommand } from './commands/keys.ts'
import { logCommand } from './commands/log.ts'
import { migrateCommand } from './commands/migrate.ts'
import { openCommand } from './commands/open.ts'
import { partitionsCommand } from './commands/partitions.ts'
import { planCommand } from './commands/plan.ts'
import { privacyCommand } from './commands/privacy.ts'
import { queryCommand } from './commands/query.ts'
import { rebuildCommand } from './commands/rebuild.ts'
import { releasesCommand } from './commands/releases.ts'
import { reportCommand } from './commands/report.ts'
import { restoreCommand } from './commands/restore.ts'
import { rulesCommand } from './commands/rules.ts'
import { scheduleCommand } from './commands/schedule.ts'
import { schemasCommand } from './commands/schemas.ts'
import { sendCommand } from './commands/send.ts'
import { serveCommand } from './commands/serve.ts'
import { simulateCommand } from './commands/simulate.ts'
import { sqlCommand } from './commands/sql.ts'
import { statusCommand } from './commands/status.ts'
import { upCommand } from './commands/up.ts'
import { verifyCommand } from './commands/verify.ts'
import { createProgram, failureOf } from './program.ts'
import { escapeControls } from './table.ts'

// Files of this program contain events and tokens, so only its user may read them.
process.umask(0o077)

const program = createProgram([
  upCommand(),
  serveCommand(),
  migrateCommand(),
  checkCommand(),
  schemasCommand(),
  planCommand(),
  grafanaCommand(),
  sendCommand(),
  simulateCommand(),
  keysCommand(),
  openCommand(),
  queryCommand(),
  statusCommand(),
  sqlCommand(),
  verifyCommand(),
  rebuildCommand(),
  deadLettersCommand(),
  forgetCommand(),
  privacyCommand(),
  backupCommand(),
  restoreCommand(),
  logCommand(),
  incidentsCommand(),
  partitionsCommand(),
  releasesCommand(),
  gateCommand(),
  rulesCommand(),
  reportCommand(),
  scheduleCommand(),
  collectCommand(),
  alertsCommand(),
])

// The reader of a pipe, such as `head`, may exit early, which is not an error.
process.stdout.on('error', error => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0)
  throw error
})

try {
  await program.parseAsync()
} catch (error) {
  const { exitCode, message } = failureOf(error)
  if (message !== undefined) process.stderr.write(`northstar: ${message.split('\n').map(escapeControls).join('\n')}\n`)
  process.exitCode = exitCode
  // A failed start may leave something open, such as a connection that is tried again for ever, which must not keep the process.
  setTimeout(() => process.exit(), 1_000).unref()
}
