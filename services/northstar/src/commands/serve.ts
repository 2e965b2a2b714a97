import { readSettings, serveProcess } from '@northstar/runtime'
import { Command, InvalidArgumentError } from 'commander'
import { compose } from '../compose.ts'
import { ALL_ROLES, type Role, storesOf } from '../roles.ts'
import { missingServers } from '../stores.ts'

export function serveCommand(): Command {
  return new Command('serve')
    .description('Runs some roles in a process of their own, over the servers that the settings name.')
    .argument('<roles>', `one or several of ${ALL_ROLES.join(', ')}, separated by commas`, parseRoles)
    .action(async (roles: readonly Role[]) => {
      const settings = readSettings()
      const missing = missingServers(settings, storesOf(roles))
      // Without a server each process would keep a log, counters or documents of its own that no other one reads.
      if (missing.length > 0 && roles.length < ALL_ROLES.length) {
        const message = `serve ${roles.join(',')} needs ${missing.join(' and ')}: these roles share their data with other processes. Set them, or run everything in one process with "northstar up".`
        throw Object.assign(new Error(message), { code: 'servers_missing' })
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
