import { Command } from 'commander'
import { ApiError } from './api-client.ts'
import { alertsCommand } from './commands/alerts.ts'
import { backupCommand } from './commands/backup.ts'
import { checkCommand } from './commands/check.ts'
import { grafanaCommand } from './commands/grafana.ts'
import { incidentsCommand } from './commands/incidents.ts'
import { logCommand } from './commands/log.ts'
import { migrateCommand } from './commands/migrate.ts'
import { queryCommand } from './commands/query.ts'
import { rebuildCommand } from './commands/rebuild.ts'
import { reportCommand } from './commands/report.ts'
import { restoreCommand } from './commands/restore.ts'
import { rulesCommand } from './commands/rules.ts'
import { scheduleCommand } from './commands/schedule.ts'
import { schemasCommand } from './commands/schemas.ts'
import { sendCommand } from './commands/send.ts'
import { serveCommand } from './commands/serve.ts'
import { simulateCommand } from './commands/simulate.ts'
import { sqlCommand } from './commands/sql.ts'
import { upCommand } from './commands/up.ts'
import { verifyCommand } from './commands/verify.ts'

const program = new Command('northstar')
  .description('Self-hosted release telemetry: events, live counters, ClickHouse, alerts and reports.')
  .showHelpAfterError('(add --help for usage)')

for (const command of [
  upCommand(),
  serveCommand(),
  migrateCommand(),
  checkCommand(),
  schemasCommand(),
  grafanaCommand(),
  sendCommand(),
  simulateCommand(),
  queryCommand(),
  sqlCommand(),
  verifyCommand(),
  rebuildCommand(),
  backupCommand(),
  restoreCommand(),
  logCommand(),
  incidentsCommand(),
  rulesCommand(),
  reportCommand(),
  scheduleCommand(),
  alertsCommand(),
]) {
  program.addCommand(command)
}

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`northstar: ${messageOf(error)}\n`)
  process.exitCode = 1
}

/** The error's message; the stack only for unexpected errors. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const expected = error instanceof ApiError || 'code' in error || error.cause !== undefined
  return expected ? error.message : (error.stack ?? error.message)
}
