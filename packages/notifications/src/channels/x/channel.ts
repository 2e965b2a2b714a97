import { fingerprint, type Notification } from '@northstar/alerting'
import { z } from 'zod'
import { type ChannelDeps, defineChannel, OK, type Outcome } from '../../channel.ts'
import { deliver, outcomeOf } from '../../deliver.ts'
import { channelType, text, textOnly } from '../../templates.ts'
import { linesOf } from '../../text.ts'
import { xArticle } from './article.ts'
import { cutToWeight } from './weight.ts'

/** A post may weigh 280; the mark that makes it unlike any other takes 11. */
const MAX_WEIGHT = 269

function defaultTemplate({ reason, status }: Notification): string {
  if (reason === 'test') return 'Test: {{ summary }}'
  return status === 'firing' ? 'Investigating: {{ summary }}' : 'Resolved: {{ summary }}'
}

/** Publishes a text of at most {@link MAX_WEIGHT}. Two posts are never the same, or the second would be refused: the id makes the difference. */
function publish(
  config: { readonly url: string; readonly access_token: string },
  deps: ChannelDeps,
  said: string,
  id: string,
): Promise<Outcome> {
  const post = `${said} (${fingerprint({ id }).slice(-8)})`
  const headers = { 'content-type': 'application/json', 'idempotency-key': id, authorization: `Bearer ${config.access_token}` }
  const call = { url: `${config.url.replace(/\/$/, '')}/2/tweets`, headers, body: JSON.stringify({ text: post }) }
  return deliver(deps.http, call, deps.now, answer =>
    answer.status === 403 && answer.body.includes('duplicate content') ? OK : outcomeOf(answer, deps.now()),
  )
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
    return publish(config, deps, cutToWeight(said, MAX_WEIGHT), notification.id)
  },
  createPost: (config, deps) => article => publish(config, deps, xArticle(article, MAX_WEIGHT), article.id),
})
