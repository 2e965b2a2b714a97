import { fingerprint, type Notification } from '@northstar/alerting'
import { z } from 'zod'
import { defineChannel, OK } from '../../channel.ts'
import { deliver, outcomeOf } from '../../deliver.ts'
import { channelType, text, textOnly } from '../../templates.ts'
import { cut, linesOf } from '../../text.ts'

function defaultTemplate({ reason, status }: Notification): string {
  if (reason === 'test') return 'Test: {{ summary }}'
  return status === 'firing' ? 'Investigating: {{ summary }}' : 'Resolved: {{ summary }}'
}

/** A post on X. The network refuses the same text twice with 403, which after a lost answer means that it is there. */
export const x = defineChannel({
  type: 'x',
  unit: 'group',
  acknowledges: false,
  carriesDigests: true,
  schema: z
    .strictObject({
      type: channelType('x'),
      access_token: text.describe('An OAuth 2 token of the account that may write posts.'),
      url: text.default('https://api.x.com').describe('Another root of the API.'),
      ...textOnly,
    })
    .describe('Posts on X.'),
  target: config => config.url,
  create: (config, deps) => notification => {
    const [first] = notification.alerts
    const template = config.template?.text ?? defaultTemplate(notification)
    const said = first ? linesOf(notification, first, deps.publicUrl, template).join('\n') : notification.receiver
    // Two posts are never the same, or the second would be refused.
    const post = `${cut(said, 269)} (${fingerprint({ id: notification.id }).slice(-8)})`
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${config.access_token}` }
    const call = { url: `${config.url.replace(/\/$/, '')}/2/tweets`, headers, body: JSON.stringify({ text: post }) }
    return deliver(deps.http, call, deps.now, answer =>
      answer.status === 403 && answer.body.includes('duplicate content') ? OK : outcomeOf(answer, deps.now()),
    )
  },
})
