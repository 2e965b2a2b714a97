import * as z from 'zod'
import { getJson } from './answers.ts'
import { defineCollector } from './collector.ts'
import { CollectFailed } from './failures.ts'
import { eventField, filled } from './fields.ts'

const counted = z.looseObject({ approximate_member_count: z.int().min(0) })

const schema = z.strictObject({
  api: filled('https://discord.com/api/v10').describe('The address of the API, without a slash at the end.'),
  invite: filled('').describe('The code of an invite that does not expire: discord.gg/CODE.'),
  guild: filled('').describe('The server’s id, for a bot that is its member.'),
  token: filled('').describe('The bot’s token.'),
  event: eventField('the number of members, in `value`'),
})

/** Samples the number of members of a Discord server, by an invite (without a token) or as a bot. */
export const discord = defineCollector<typeof schema, { readonly sampledAt: number }>({
  type: 'discord',
  schema,
  sends: ({ event }) => [{ field: ['event'], event, properties: ['value'] }],
  async *collect({ api, invite, guild, token, event }, { dueAt, now, fetch }) {
    if (!invite && !(guild && token)) throw new CollectFailed('unauthorized', 'Discord needs an invite, or a guild with the token of a bot')
    const path = invite ? `invites/${encodeURIComponent(invite)}` : `guilds/${encodeURIComponent(guild)}`
    const headers: Record<string, string> = invite ? {} : { authorization: `Bot ${token}` }
    const answer = await getJson(fetch, { url: `${api}/${path}?with_counts=true`, schema: counted, headers }, now())
    const value = answer?.value.approximate_member_count
    yield { samples: [{ event, id: `members ${dueAt}`, timestamp: now(), properties: { value } }], cursor: { sampledAt: dueAt } }
  },
})
