import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE_MS } from '@northstar/catalogue'
import type { Verification } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command } from 'commander'
import { callApi } from '../api-client.ts'
import { wholeNumber } from '../numbers.ts'
import { printAnswer } from '../print.ts'
import { formatTable } from '../table.ts'

const RETRY_MS = 1_000

export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'Compares the log, the live counters, the warehouse and the ledger, and each metric in both stores. Exits 1 if they differ.',
    )
    .option('--from <time>', 'start, RFC 3339 (default: 24 hours ago)')
    .option('--to <time>', 'end, exclusive (default: now)')
    .option('--wait <seconds>', 'time for consumers to catch up', wholeNumber, 10)
    .option('--json', 'print JSON')
    .action(async (options: { from?: string; to?: string; wait: number; json?: boolean }) => {
      const query = new URLSearchParams({ ...(options.from && { from: options.from }), ...(options.to && { to: options.to }) })
      const read = () => callApi<Verification>(readSettings(), `/v1/verify?${query}`)
      const deadline = Date.now() + options.wait * 1_000
      let account = await read()
      while (!account.ok && Date.now() + RETRY_MS <= deadline) {
        await sleep(RETRY_MS)
        account = await read()
      }
      printAnswer(account, options.json, () => readable(account))
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
    ...(account.forgotten > 0 ? [`  forgotten     ${count(account.forgotten)}`] : []),
    ...(account.metrics.length > 0 ? ['', formatTable(account.metrics.map(row => ({ ...row }))), ''] : []),
    ...account.differences.map(
      ({ what, found }) =>
        `differs: ${what}: ${Object.entries(found)
          .map(([store, n]) => `${store} ${n === null ? 'no value' : n.toLocaleString('en-US')}`)
          .join(', ')}`,
    ),
    ...account.incidents.map(({ group, detail }) => `incident: ${group}: ${detail} Acknowledge with: northstar incidents --acknowledge`),
    ...account.notes.map(note => `note: ${note}`),
    account.ok ? 'No differences.' : `Differences found.${Date.parse(account.to) > Date.now() - MINUTE_MS ? IN_FLIGHT : ''}`,
  ].join('\n')
}

const IN_FLIGHT = ' Events in flight reach the stores at different times. Use --to to compare a range that ended some minutes ago.'
