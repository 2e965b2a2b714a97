import type { Channel, ChannelDeps } from './channel.ts'
import { OK } from './channel.ts'
import { outcomeOf, sendAndJudge } from './outcome.ts'
import { cut, summaryOf } from './text.ts'

/** A post on X. The network refuses the same text twice with 403, which after a lost answer means that it is there. */
export function createX(config: { readonly access_token: string; readonly url: string }, deps: ChannelDeps): Channel {
  const url = `${config.url.replace(/\/$/, '')}/2/tweets`
  return {
    type: 'x',
    unit: 'group',
    acknowledges: false,
    send(notification) {
      const [first] = notification.alerts
      const state = notification.status === 'firing' ? 'Investigating' : 'Resolved'
      const text = cut(`${state}: ${first ? summaryOf(first) : notification.receiver} (${notification.id.slice(-8)})`, 280)
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${config.access_token}` }
      return sendAndJudge(deps.http, { url, headers, body: JSON.stringify({ text }) }, deps.now, answer =>
        answer.status === 403 && answer.body.includes('duplicate content') ? OK : outcomeOf(answer, deps.now()),
      )
    },
  }
}
