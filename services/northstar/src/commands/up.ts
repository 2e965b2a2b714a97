import { readSettings, serveProcess } from '@northstar/runtime'
import { Command } from 'commander'
import { compose } from '../compose.ts'
import { ALL_ROLES } from '../roles.ts'

export function upCommand(): Command {
  return new Command('up')
    .description('Runs every role in this one process. A store without a server in the settings is embedded: nothing else to install.')
    .option('--demo', 'fill an empty installation with the simulated beta, shifted so that it ends now')
    .action(async (options: { demo?: boolean }) => {
      process.exit(await serveProcess(await compose(readSettings(), ALL_ROLES, options)))
    })
}
