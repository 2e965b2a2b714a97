import type { Channel, ChannelDeps } from './channel.ts'
import type { MessageTemplates } from './channel-config.ts'
import { sendAndJudge } from './outcome.ts'
import { acknowledgement, cut, linesOf, titleOf } from './text.ts'

const escapeText = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** Slack's incoming webhook: a heading and a block for each of the first ten alerts. */
export function createSlack(config: { readonly url: string; readonly template?: MessageTemplates }, deps: ChannelDeps): Channel {
  return {
    type: 'slack',
    unit: 'group',
    acknowledges: true,
    send(notification) {
      const title = titleOf(notification, deps.externalUrl, config.template)
      const taken = acknowledgement(notification)
      const section = (text: string) => ({ type: 'section', text: { type: 'mrkdwn', text: cut(escapeText(text), 3_000) } })
      const shown = notification.alerts.slice(0, 10)
      const more = notification.alerts.length - shown.length
      const body = JSON.stringify({
        text: escapeText(title),
        blocks: [
          { type: 'header', text: { type: 'plain_text', text: cut(title, 150), emoji: true } },
          ...(taken ? [section(taken)] : []),
          ...shown.map(alert => section(linesOf(alert, deps.externalUrl, config.template?.text).join('\n'))),
          ...(more > 0 ? [section(`and ${more} more`)] : []),
          { type: 'context', elements: [{ type: 'mrkdwn', text: `<${deps.externalUrl}|Northstar>` }] },
        ],
      })
      return sendAndJudge(deps.http, { url: config.url, headers: { 'content-type': 'application/json' }, body }, deps.now)
    },
  }
}
