import { fingerprint, type Notification } from '@northstar/alerting'
import { z } from 'zod'
import { type ChannelDeps, defineChannel, OK, type Outcome } from '../../channel.ts'
import { apiUrl, deliver, jsonCall, outcomeOf } from '../../deliver.ts'
import { channelType, text, textOnly } from '../../templates.ts'
import { linesOf } from '../../text.ts'
import { xArticle } from './article.ts'
import { cutToWeight } from './weight.ts'

/** X allows a weight of 280; the suffix that makes each post unique needs 11. */
const MAX_WEIGHT = 269

function defaultTemplate({ reason, status }: Notification): string {
  if (reason === 'test') return 'Test: {{ summary }}'
  return status === 'firing' ? 'Investigating: {{ summary }}' : 'Resolved: {{ summary }}'
}

/** Publishes a text of at most {@link MAX_WEIGHT}. X refuses a post with an equal text, so a suffix from the id makes each unique. */
function publish(
  config: { readonly url: string; readonly access_token: string },
  deps: ChannelDeps,
  content: string,
  id: string,
): Promise<Outcome> {
  const post = `${content} (${fingerprint({ id }).slice(-8)})`
  const headers = { 'idempotency-key': id, authorization: `Bearer ${config.access_token}` }
  const call = jsonCall(apiUrl(config.url, '/2/tweets'), { text: post }, headers)
  return deliver(deps.http, call, deps.now, answer =>
    answer.status === 403 && answer.body.includes('duplicate content') ? OK : outcomeOf(answer, deps.now()),
  )
}

/** A post on X. X refuses an equal text with 403, which after a lost answer means that the post exists. */
export const x = defineChannel({
  type: 'x',
  unit: 'group',
  acknowledges: false,
  carriesDigests: true,
  schema: z
    .strictObject({
      type: channelType('x'),
      access_token: text.describe('An OAuth 2 token of the account that may write posts.'),
      url: text.default('https://api.x.com').describe('The root of the API.'),
      ...textOnly,
    })
    .describe('Posts on X.'),
  target: config => config.url,
  create: (config, deps) => notification => {
    const [first] = notification.alerts
    const template = config.template?.text ?? defaultTemplate(notification)
    const content = first ? linesOf(notification, first, deps.publicUrl, template).join('\n') : notification.receiver
    return publish(config, deps, cutToWeight(content, MAX_WEIGHT), notification.id)
  },
  createPost: (config, deps) => article => publish(config, deps, xArticle(article, MAX_WEIGHT), article.id),
})
