import type { Answer, api } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { addressOf, callApi } from '../api-client.ts'
import { printAnswer } from '../print.ts'

export function openCommand(): Command {
  return new Command('open')
    .description('Creates a sign-in link with full access, valid once within a day.')
    .option('--json', 'print the link as JSON')
    .action(async (options: { json?: boolean }) => {
      const settings = readSettings()
      const { link } = await callApi<Answer<typeof api.sessions.createLink>>(settings, '/v1/session/links', { method: 'POST' })
      const url = (settings.publicUrl ?? addressOf(settings)) + link
      printAnswer({ url }, options.json, () => `Open this link to sign in: ${url}`)
    })
}
