import { iso } from '@northstar/catalogue'
import { z } from 'zod'
import { defineChannel } from '../../channel.ts'
import { deliver, jsonCall } from '../../deliver.ts'
import { channelType, templates, text } from '../../templates.ts'
import { acknowledgement, cut, linesOf, summaryOf, titleOf } from '../../text.ts'
import { discordArticle } from './article.ts'

const COLOURS = { P0: 0xd92d20, P1: 0xf79009, P2: 0xeaaa08, P3: 0x667085 } as const
const GREEN = 0x12b76a

const call = (url: string, id: string, body: object) => jsonCall(url, body, { 'idempotency-key': id })

/** Discord's webhook: an embed for each of the first ten alerts. Mentions in a template's text have no effect. */
export const discord = defineChannel({
  type: 'discord',
  unit: 'group',
  acknowledges: true,
  carriesDigests: true,
  schema: z
    .strictObject({ type: channelType('discord'), url: text.describe('A webhook of the channel.'), ...templates })
    .describe('A channel of Discord.'),
  target: config => config.url,
  create: (config, deps) => notification => {
    const acknowledged = acknowledgement(notification)
    const own = config.template?.text
    const body = {
      username: 'Northstar',
      content: cut([titleOf(notification, deps.publicUrl, config.template), ...(acknowledged ? [acknowledged] : [])].join('\n'), 2_000),
      allowed_mentions: { parse: [] },
      // All embeds together may have 6,000 characters.
      embeds: notification.alerts.slice(0, 10).map(alert => {
        const lines = linesOf(notification, alert, deps.publicUrl, own)
        return {
          title: cut(summaryOf(alert), 120),
          // The title has the first line of the default text.
          description: cut((own === undefined ? lines.slice(1) : lines).join('\n'), 400),
          color: alert.endsAt === null ? COLOURS[alert.severity] : GREEN,
          timestamp: iso(alert.endsAt ?? alert.startsAt),
        }
      }),
    }
    return deliver(deps.http, call(config.url, notification.id, body), deps.now)
  },
  createPost: (config, deps) => article => deliver(deps.http, call(config.url, article.id, discordArticle(article)), deps.now),
})
