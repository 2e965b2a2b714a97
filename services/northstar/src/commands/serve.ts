import { readSettings, serveProcess } from '@northstar/runtime'
import { Command, InvalidArgumentError } from 'commander'
import { compose } from '../compose.ts'
import { ALL_ROLES, type Role, storesOf } from '../roles.ts'
import { missingServers } from '../stores.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('Runs some roles in one process, connected to the configured servers.')
    .argument('<roles>', `comma-separated list of ${ALL_ROLES.join(', ')}`, parseRoles)
    .action(async (roles: readonly Role[]) => {
      const settings = readSettings()
      const missing = missingServers(settings, storesOf(roles))
      // Without servers each process would have its own data, which the others cannot read.
      if (missing.length > 0 && roles.length < ALL_ROLES.length) {
        const message = `serve ${roles.join(',')} needs ${missing.join(' and ')}: these roles share their data with other processes. Set them, or run everything in one process with "northstar up".`
        throw new InvalidArgumentError(message)
      }
      process.exit(await serveProcess(await compose(settings, roles)))
    })
}

function parseRoles(text: string): readonly Role[] {
  const names = text.split(',').map(name => name.trim())
  const unknown = names.find(name => !(ALL_ROLES as readonly string[]).includes(name))
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is not a role: expected ${ALL_ROLES.join(', ')}.`)
  return ALL_ROLES.filter(role => names.includes(role))
}
