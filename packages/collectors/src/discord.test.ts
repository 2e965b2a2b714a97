import { type Receiver, startReceiver } from '@northstar/testkit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { collectAll } from './collecting.test-data.ts'

const NOW = Date.parse('2026-01-20T09:00:00Z')
const now = () => NOW

let discord: Receiver
beforeEach(async () => {
  discord = await startReceiver()
})
afterEach(() => discord.stop())

const fields = (more: object) => ({ type: 'discord', api: discord.url, event: 'discord_members', ...more })
const counts = (n: number) => ({ status: 200, body: JSON.stringify({ approximate_member_count: n, approximate_presence_count: 12 }) })

it('samples the members by an invite, without a token', async () => {
  discord.otherwise(counts(540))
  const { samples } = await collectAll(fields({ invite: 'caro' }), null, now)
  expect(samples).toEqual([{ event: 'discord_members', id: `members ${NOW}`, timestamp: NOW, properties: { value: 540 } }])
  expect(discord.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/invites/caro?with_counts=true', undefined],
  ])
})

it('samples the members as a bot', async () => {
  discord.otherwise(counts(7))
  await collectAll(fields({ guild: '81', token: 'secret' }), null, now)
  expect(discord.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
    ['/guilds/81?with_counts=true', 'Bot secret'],
  ])
})

it.each([
  [
    'asks to wait',
    { status: 429, headers: { 'retry-after': '64.57' }, body: '{"retry_after": 64.57}' },
    { code: 'rate_limited', until: NOW + 64_570 },
  ],
  ['does not know the invite', { status: 404, body: '{"message": "Unknown Invite", "code": 10006}' }, { code: 'not_found' }],
  ['refuses the token', { status: 401, body: '{"message": "401: Unauthorized"}' }, { code: 'unauthorized' }],
  ['redirects', { status: 301, headers: { location: 'https://elsewhere.example/' } }, { code: 'moved' }],
  ['fails', { status: 500, body: 'oops' }, { code: 'failed' }],
  ['answers something else', { status: 200, body: '{"approximate_member_count": "many"}' }, { code: 'unreadable' }],
  ['answers no JSON', { status: 200, body: '<html>' }, { code: 'unreadable' }],
  ['breaks off', { status: 200, headers: { 'content-length': '500' }, body: '{"approximate_member_count": 5' }, { code: 'unreachable' }],
  ['closes the connection', 'reset' as const, { code: 'unreachable' }],
])('nothing is sampled when Discord %s', async (_, answer, error) => {
  discord.otherwise(answer)
  await expect(collectAll(fields({ invite: 'caro' }), null, now)).rejects.toMatchObject(error)
})
