import { z } from 'zod'
import { defineChannel } from '../../channel.ts'
import { deliver, jsonCall } from '../../deliver.ts'
import { channelType, templates, text } from '../../templates.ts'
import { acknowledgement, cut, linesOf, titleOf } from '../../text.ts'
import { escapeText, slackArticle } from './article.ts'

/** Escapes and cuts a text without splitting an escaped character. */
const cutText = (given: string, longest: number) => cut(escapeText(given), longest).replace(/&[a-z]*…$/, '…')
const section = (given: string) => ({ type: 'section', text: { type: 'mrkdwn', text: cutText(given, 3_000) } })

const call = (url: string, id: string, body: object) => jsonCall(url, body, { 'idempotency-key': id })

/** Slack's incoming webhook: a heading and a block for each of the first ten alerts. */
export const slack = defineChannel({
  type: 'slack',
  unit: 'group',
  acknowledges: true,
  carriesDigests: true,
  schema: z
    .strictObject({ type: channelType('slack'), url: text.describe('An incoming webhook.'), ...templates })
    .describe('A channel of Slack.'),
  target: config => config.url,
  create: (config, deps) => notification => {
    const title = titleOf(notification, deps.publicUrl, config.template)
    const acknowledged = acknowledgement(notification)
    const shown = notification.alerts.slice(0, 10)
    const more = notification.alerts.length - shown.length
    const body = {
      text: cutText(title, 3_000),
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: cut(title, 150), emoji: true } },
        ...(acknowledged ? [section(acknowledged)] : []),
        ...shown.map(alert => section(linesOf(notification, alert, deps.publicUrl, config.template?.text).join('\n'))),
        ...(more > 0 ? [section(`and ${more} more`)] : []),
        { type: 'context', elements: [{ type: 'mrkdwn', text: `<${deps.publicUrl}/alerts|Northstar>` }] },
      ],
    }
    return deliver(deps.http, call(config.url, notification.id, body), deps.now)
  },
  createPost: (config, deps) => article => deliver(deps.http, call(config.url, article.id, slackArticle(article)), deps.now),
})
