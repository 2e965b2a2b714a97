import { Argument, Command } from 'commander'

/** Each role is loaded only when it is served, so that a process holds no driver it does not use. */
const ROLES = {
  ingest: () => import('@northstar/ingest/main'),
  counters: () => import('@northstar/counters/main'),
  warehouse: () => import('@northstar/warehouse/main'),
  alerts: () => import('@northstar/alerts/main'),
  dashboard: () => import('@northstar/dashboard/main'),
} as const

export function serveCommand(): Command {
  return new Command('serve')
    .description('Runs one service as a process of its own, over the servers that the settings name.')
    .addArgument(new Argument('<role>', 'which service').choices(Object.keys(ROLES)))
    .action(async (role: keyof typeof ROLES) => {
      const { main } = await ROLES[role]()
      process.exit(await main())
    })
}
