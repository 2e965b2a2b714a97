import { setTimeout as sleep } from 'node:timers/promises'
import type { Verification } from '@northstar/api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { wholeNumber } from '../numbers.ts'
import { formatTable } from '../table.ts'

const AGAIN_MS = 1_000
const MINUTE_MS = 60_000

export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'Compares log, live counters, warehouse and ledger, and each metric live and stored, over a span. Exits 0 only when nothing differs.',
    )
    .option('--from <time>', 'start, RFC 3339 (default: 24 hours ago)')
    .option('--to <time>', 'end, itself excluded (default: now)')
    .option('--wait <seconds>', 'how long a group that is behind may take to catch up', wholeNumber, 10)
    .option('--json', 'print the account as JSON')
    .action(async (options: { from?: string; to?: string; wait: number; json?: boolean }) => {
      const query = new URLSearchParams({ ...(options.from && { from: options.from }), ...(options.to && { to: options.to }) })
      const ask = () => callApi<Verification>(readSettings(), `/v1/verify?${query}`)
      const patience = Date.now() + options.wait * 1_000
      let account = await ask()
      while (!account.ok && Date.now() + AGAIN_MS <= patience) {
        await sleep(AGAIN_MS)
        account = await ask()
      }
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
    ...(account.metrics.length > 0 ? ['', formatTable(account.metrics.map(row => ({ ...row }))), ''] : []),
    ...account.differences.map(
      ({ what, found }) =>
        `differs: ${what}: ${Object.entries(found)
          .map(([place, n]) => `${place} ${n === null ? 'nothing' : n.toLocaleString('en-US')}`)
          .join(', ')}`,
    ),
    ...account.notes.map(note => `note: ${note}`),
    account.ok ? 'Everything adds up.' : `Something does not add up.${Date.parse(account.to) > Date.now() - MINUTE_MS ? STILL_COMING : ''}`,
  ].join('\n')
}

const STILL_COMING =
  ' What has just arrived is counted a little later by each group: while events come, compare a span that has ended some minutes ago (--to).'
