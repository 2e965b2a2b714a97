import { DAY_MS, iso, ON_VIOLATION, parseDuration } from '@northstar/catalogue'
import { type Answer, type api, ENVIRONMENTS, type Key } from '@northstar/http-api'
import { readSettings } from '@northstar/runtime'
import { Command, InvalidArgumentError, Option } from 'commander'
import { callApi } from '../api-client.ts'
import { wholeNumberAboveZero } from '../numbers.ts'
import { print, printAnswer } from '../print.ts'
import { formatTable } from '../table.ts'

export function keysCommand(): Command {
  const command = new Command('keys').description('Creates, lists and revokes API keys.')
  for (const one of [list(), create(), revoke()]) command.addCommand(one)
  return command
}

function list(): Command {
  return new Command('list')
    .description('Lists keys; write keys with their last use and the events of the last 30 days.')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const answer = await callApi<Answer<typeof api.keys.list>>(readSettings(), '/v1/keys')
      const rows = answer.keys.map(rowOf)
      printAnswer(answer, options.json, () => (rows.length === 0 ? 'No keys.' : formatTable(rows)))
    })
}

const rowOf = ({ id, kind, name, environment, created_at, expires_at, last_used_at, accepted, rejected }: Key) => ({
  id,
  kind,
  name,
  environment: environment ?? null,
  created: created_at.slice(0, 10),
  expires: expires_at === undefined ? null : shownExpiry(expires_at, Date.now()),
  'last used': last_used_at?.replace(/\.\d+Z$/, 'Z') ?? null,
  accepted: accepted ?? null,
  rejected: rejected ?? null,
})

/** The day, and whether the time has passed. @param now epoch ms */
export const shownExpiry = (expiresAt: string, now: number): string =>
  expiresAt.slice(0, 10) + (Date.parse(expiresAt) <= now ? ' (expired)' : '')

interface CreateOptions {
  readonly read?: boolean
  readonly environment: (typeof ENVIRONMENTS)[number]
  readonly expires?: number
  readonly eventsPerSecond?: number
  readonly usersPerDay?: number
  readonly onViolation?: 'reject' | 'quarantine' | 'accept'
  readonly json?: boolean
}

function create(): Command {
  return new Command('create')
    .description('Creates a key and prints it once. Only events of production keys are stored and counted.')
    .argument('<name>', 'the application that uses it')
    .addOption(
      new Option('--read', 'create a key that reads metrics instead of one that sends events').conflicts([
        'environment',
        'expires',
        'eventsPerSecond',
        'usersPerDay',
        'onViolation',
      ]),
    )
    .addOption(new Option('--environment <name>', 'where the application runs').choices(ENVIRONMENTS).default('production'))
    .option('--expires <duration>', 'lifetime of the key, such as 90d (default: unlimited)', durationMs)
    .option('--events-per-second <n>', 'quota of the key, 0 for none', nonNegative)
    .option('--users-per-day <n>', 'events of further users of a day are kept aside (default: no limit)', wholeNumberAboveZero)
    .addOption(
      new Option('--on-violation <mode>', 'handling of events that violate the tracking plan (default: as in the plan)').choices(
        ON_VIOLATION,
      ),
    )
    .option('--json', 'print JSON')
    .action(async (name: string, options: CreateOptions) => {
      const { environment, expires, eventsPerSecond, usersPerDay, onViolation } = options
      const body = options.read
        ? { kind: 'read', name }
        : {
            kind: 'write',
            name,
            environment,
            ...(expires !== undefined && { expires_at: iso(Date.now() + expires) }),
            ...(eventsPerSecond !== undefined && { events_per_second: eventsPerSecond }),
            ...(usersPerDay !== undefined && { users_per_day: usersPerDay }),
            ...(onViolation !== undefined && { on_violation: onViolation }),
          }
      const created = await callApi<Answer<typeof api.keys.create>>(readSettings(), '/v1/keys', { method: 'POST', body })
      printAnswer(created, options.json, () => created.key)
    })
}

const MAX_LIFETIME_MS = 3_650 * DAY_MS

function durationMs(text: string): number {
  const ms = parseDuration(text)
  if (ms === null || ms === 0) throw new InvalidArgumentError('must be a duration such as 90d.')
  if (ms > MAX_LIFETIME_MS) throw new InvalidArgumentError('must be at most 3650d; without it the key never expires.')
  return ms
}

function nonNegative(text: string): number {
  const value = Number(text)
  if (!/^\d+(?:\.\d+)?$/.test(text) || !Number.isFinite(value)) throw new InvalidArgumentError('must be a number of at least 0.')
  return value
}

function revoke(): Command {
  return new Command('revoke')
    .description('Revokes a key. Ingest refuses it within 15 seconds.')
    .argument('<id>', 'id from `northstar keys list`')
    .action(async (id: string) => {
      await callApi(readSettings(), `/v1/keys/${encodeURIComponent(id)}`, { method: 'DELETE' })
      print('Key revoked.')
    })
}
