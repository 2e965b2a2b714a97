import type { Channel, ChannelDeps } from './channel.ts'
import { sendAll, sendAndJudge } from './outcome.ts'
import { cut, summaryOf, titleOf } from './text.ts'

export interface SmsConfig {
  readonly account_sid: string
  readonly auth_token: string
  readonly from: string
  readonly to: readonly string[]
  readonly url: string
}

/** A text message by Twilio's API. Twilio knows no repeat: a try whose answer was lost may arrive twice. */
export function createSms(config: SmsConfig, deps: ChannelDeps): Channel {
  const url = `${config.url.replace(/\/$/, '')}/2010-04-01/Accounts/${encodeURIComponent(config.account_sid)}/Messages.json`
  const authorization = `Basic ${Buffer.from(`${config.account_sid}:${config.auth_token}`).toString('base64')}`
  return {
    type: 'sms',
    unit: 'group',
    acknowledges: false,
    send(notification) {
      const text = cut([titleOf(notification), ...notification.alerts.slice(0, 3).map(summaryOf)].join('\n'), 480)
      const calls = config.to.map(to => ({
        url,
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization },
        body: new URLSearchParams({ To: to, From: config.from, Body: text }).toString(),
      }))
      return sendAll(calls, call => sendAndJudge(deps.http, call, deps.now))
    },
  }
}
