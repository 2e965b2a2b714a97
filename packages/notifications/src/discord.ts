import type { Alert } from '@northstar/alerting'
import type { Channel, ChannelDeps } from './channel.ts'
import type { MessageTemplates } from './channel-config.ts'
import { sendAndJudge } from './outcome.ts'
import { acknowledgement, cut, iso, linesOf, summaryOf, titleOf } from './text.ts'

const COLOURS = { P0: 0xd92d20, P1: 0xf79009, P2: 0xeaaa08, P3: 0x667085 } as const
const GREEN = 0x12b76a

/** Discord's webhook: an embed for each of the first ten alerts. Nobody is mentioned by what a template holds. */
export function createDiscord(config: { readonly url: string; readonly template?: MessageTemplates }, deps: ChannelDeps): Channel {
  const textOf = (alert: Alert) => {
    const lines = linesOf(alert, deps.externalUrl, config.template?.text)
    // The title says the default's first line.
    return (config.template?.text === undefined ? lines.slice(1) : lines).join('\n')
  }
  return {
    type: 'discord',
    unit: 'group',
    acknowledges: true,
    send(notification) {
      const taken = acknowledgement(notification)
      const body = JSON.stringify({
        username: 'Northstar',
        content: cut([titleOf(notification, deps.externalUrl, config.template), ...(taken ? [taken] : [])].join('\n'), 2_000),
        allowed_mentions: { parse: [] },
        // All embeds together may hold 6,000 characters.
        embeds: notification.alerts.slice(0, 10).map(alert => ({
          title: cut(summaryOf(alert), 120),
          description: cut(textOf(alert), 400),
          color: alert.endsAt === null ? COLOURS[alert.severity] : GREEN,
          timestamp: iso(alert.endsAt ?? alert.startsAt),
        })),
      })
      return sendAndJudge(deps.http, { url: config.url, headers: { 'content-type': 'application/json' }, body }, deps.now)
    },
  }
}
