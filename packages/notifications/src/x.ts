import { fingerprint } from '@northstar/alerting'
import type { Channel, ChannelDeps } from './channel.ts'
import { OK } from './channel.ts'
import type { MessageTemplates } from './channel-config.ts'
import { outcomeOf, sendAndJudge } from './outcome.ts'
import { cut, linesOf } from './text.ts'

/** A post on X. The network refuses the same text twice with 403, which after a lost answer means that it is there. */
export function createX(
  config: { readonly access_token: string; readonly url: string; readonly template?: Pick<MessageTemplates, 'text'> },
  deps: ChannelDeps,
): Channel {
  const url = `${config.url.replace(/\/$/, '')}/2/tweets`
  return {
    type: 'x',
    unit: 'group',
    acknowledges: false,
    send(notification) {
      const [first] = notification.alerts
      const template =
        config.template?.text ?? (notification.status === 'firing' ? 'Investigating: {{ summary }}' : 'Resolved: {{ summary }}')
      const said = first ? linesOf(first, deps.externalUrl, template).join('\n') : notification.receiver
      // Two posts are never the same, or the second would be refused.
      const text = `${cut(said, 269)} (${fingerprint({ id: notification.id }).slice(-8)})`
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${config.access_token}` }
      return sendAndJudge(deps.http, { url, headers, body: JSON.stringify({ text }) }, deps.now, answer =>
        answer.status === 403 && answer.body.includes('duplicate content') ? OK : outcomeOf(answer, deps.now()),
      )
    },
  }
}
