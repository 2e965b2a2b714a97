import { readSettings, serveProcess } from '@northstar/runtime'
import { Command } from 'commander'
import { compose } from '../compose.ts'
import { ALL_ROLES } from '../roles.ts'

export function upCommand(): Command {
  return new Command('up')
    .description('Runs all roles in one process. Stores without a configured server are embedded.')
    .option('--demo', 'fill an empty installation with demo data that ends today')
    .action(async (options: { demo?: boolean }) => {
      process.exit(await serveProcess(await compose(readSettings(), ALL_ROLES, options)))
    })
}
