import type { Command } from 'commander'

type Load = () => Promise<Command>

/** The commands by name, in the order of the help. */
const COMMANDS: Readonly<Record<string, Load>> = {
  up: async () => (await import('./up.ts')).upCommand(),
  serve: async () => (await import('./serve.ts')).serveCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  schemas: async () => (await import('./schemas.ts')).schemasCommand(),
  plan: async () => (await import('./plan.ts')).planCommand(),
  grafana: async () => (await import('./grafana.ts')).grafanaCommand(),
  send: async () => (await import('./send.ts')).sendCommand(),
  simulate: async () => (await import('./simulate.ts')).simulateCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  open: async () => (await import('./open.ts')).openCommand(),
  query: async () => (await import('./query.ts')).queryCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  sql: async () => (await import('./sql.ts')).sqlCommand(),
  verify: async () => (await import('./verify.ts')).verifyCommand(),
  rebuild: async () => (await import('./rebuild.ts')).rebuildCommand(),
  'dead-letters': async () => (await import('./dead-letters.ts')).deadLettersCommand(),
  forget: async () => (await import('./forget.ts')).forgetCommand(),
  privacy: async () => (await import('./privacy.ts')).privacyCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  restore: async () => (await import('./restore.ts')).restoreCommand(),
  log: async () => (await import('./log.ts')).logCommand(),
  incidents: async () => (await import('./incidents.ts')).incidentsCommand(),
  partitions: async () => (await import('./partitions.ts')).partitionsCommand(),
  releases: async () => (await import('./releases.ts')).releasesCommand(),
  gate: async () => (await import('./gate.ts')).gateCommand(),
  rules: async () => (await import('./rules.ts')).rulesCommand(),
  report: async () => (await import('./report.ts')).reportCommand(),
  schedule: async () => (await import('./schedule.ts')).scheduleCommand(),
  collect: async () => (await import('./collect.ts')).collectCommand(),
  alerts: async () => (await import('./alerts.ts')).alertsCommand(),
}

/**
 * The command that the arguments begin with, else all. Loading all of them takes a second of CPU time, which a script that asks for a
 * figure should not pay.
 */
export async function loadCommands([name = '']: readonly string[]): Promise<readonly Command[]> {
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  return Promise.all((load ? [load] : Object.values(COMMANDS)).map(one => one()))
}
