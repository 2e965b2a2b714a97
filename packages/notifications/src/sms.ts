import type { Channel, ChannelDeps } from './channel.ts'
import { OK } from './channel.ts'
import type { MessageTemplates } from './channel-config.ts'
import { sendAndJudge } from './outcome.ts'
import { cut, linesOf, titleOf } from './text.ts'

export interface SmsConfig {
  readonly account_sid: string
  readonly auth_token: string
  readonly from: string
  readonly to: readonly string[]
  readonly url: string
  readonly template?: MessageTemplates
}

/** So many messages are remembered as taken. */
const REMEMBERED = 1_000

/**
 * A text message by Twilio's API. Twilio knows no repeat: a try whose answer was lost may arrive twice. Of several numbers those that
 * have it are left out of the next try.
 */
export function createSms(config: SmsConfig, deps: ChannelDeps): Channel {
  const url = `${config.url.replace(/\/$/, '')}/2010-04-01/Accounts/${encodeURIComponent(config.account_sid)}/Messages.json`
  const authorization = `Basic ${Buffer.from(`${config.account_sid}:${config.auth_token}`).toString('base64')}`
  const taken = new Set<string>()
  return {
    type: 'sms',
    unit: 'group',
    acknowledges: false,
    async send(notification) {
      const { title, text = '{{ summary }}' } = config.template ?? {}
      const alerts = notification.alerts.slice(0, 3).flatMap(alert => linesOf(alert, deps.externalUrl, text))
      const message = cut([titleOf(notification, deps.externalUrl, { title }), ...alerts].join('\n'), 480)
      for (const to of config.to) {
        const key = `${notification.id} ${to}`
        if (taken.has(key)) continue
        const body = new URLSearchParams({ To: to, From: config.from, Body: message }).toString()
        const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization }
        const outcome = await sendAndJudge(deps.http, { url, headers, body }, deps.now)
        if (outcome.kind !== 'ok') return outcome
        if (config.to.length > 1) taken.add(key)
        if (taken.size > REMEMBERED) taken.clear()
      }
      return OK
    },
  }
}
