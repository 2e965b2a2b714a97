import { Command } from 'commander'
import { readConfig } from '../config.ts'
import { up } from '../up.ts'

export function upCommand(): Command {
  return new Command('up')
    .description('Runs every service in this one process. What no setting names a server for is embedded: nothing else to install.')
    .option('--demo', 'fill an empty installation with the simulated beta, shifted so that it ends now')
    .action(async (options: { demo?: boolean }) => {
      process.exit(await up(readConfig(), { demo: options.demo ?? false }))
    })
}
