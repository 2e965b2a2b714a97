import type { Answer, api } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'

export function openCommand(): Command {
  return new Command('open')
    .description('Creates a link that signs a browser in with full access, once, within a day.')
    .option('--json', 'print the link as JSON')
    .action(async (options: { json?: boolean }) => {
      const settings = readSettings()
      const { link } = await callApi<Answer<typeof api.sessions.createLink>>(settings, '/v1/session/links', { method: 'POST' })
      const url = (settings.publicUrl ?? settings.url) + link
      process.stdout.write(options.json ? `${JSON.stringify({ url })}\n` : `Open this once: ${url}\n`)
    })
}
