import type { Verification } from '@northstar/dashboard'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { readConfig } from '../config.ts'

export function verifyCommand(): Command {
  return new Command('verify')
    .description('Compares log, live counters, warehouse and ledger over a span of arrival. Exits 0 only when nothing differs.')
    .option('--from <time>', 'start, RFC 3339 (default: 24 hours ago)')
    .option('--to <time>', 'end, itself excluded (default: now)')
    .option('--json', 'print the account as JSON')
    .action(async (options: { from?: string; to?: string; json?: boolean }) => {
      const query = new URLSearchParams({ ...(options.from && { from: options.from }), ...(options.to && { to: options.to }) })
      const account = await callApi<Verification>(readConfig(), `/v1/verify?${query}`)
      process.stdout.write(`${options.json ? JSON.stringify(account) : readable(account)}\n`)
      if (!account.ok) process.exitCode = 1
    })
}

function readable(account: Verification): string {
  const count = (n: number) => n.toLocaleString('en-US').padStart(14)
  return [
    `${account.from} to ${account.to}, by arrival`,
    `  accepted      ${count(account.accepted)}`,
    `  stored        ${count(account.stored)}`,
    `  duplicates    ${count(account.duplicates)}`,
    `  dead-lettered ${count(account.dead_lettered)}`,
    `  rejected      ${count(account.rejected)}`,
    ...account.differences.map(
      ({ what, found }) =>
        `differs: ${what}: ${Object.entries(found)
          .map(([place, n]) => `${place} ${n.toLocaleString('en-US')}`)
          .join(', ')}`,
    ),
    ...account.notes.map(note => `note: ${note}`),
    account.ok ? 'Everything adds up.' : 'Something does not add up. A group that is still behind differs until it has caught up.',
  ].join('\n')
}
