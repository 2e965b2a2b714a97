import { z } from 'zod'
import { defineChannel } from '../../channel.ts'
import { apiUrl, deliver } from '../../deliver.ts'
import { channelType, recipients, templates, text } from '../../templates.ts'
import { cut, linesOf, titleOf } from '../../text.ts'

/** A text message by Twilio's API for each number. Twilio does not detect repeats: a message whose answer was lost may arrive twice. */
export const sms = defineChannel({
  type: 'sms',
  unit: 'group',
  acknowledges: false,
  carriesDigests: true,
  schema: z
    .strictObject({
      type: channelType('sms'),
      account_sid: text.describe('The account of Twilio.'),
      auth_token: text.describe('Its token.'),
      from: text.describe('The sender’s number.'),
      to: recipients,
      url: text.default('https://api.twilio.com').describe('The root of the API.'),
      ...templates,
    })
    .describe('Text messages over Twilio.'),
  target: config => config.url,
  recipients: config => config.to,
  create(config, deps) {
    const url = apiUrl(config.url, `/2010-04-01/Accounts/${encodeURIComponent(config.account_sid)}/Messages.json`)
    const authorization = `Basic ${Buffer.from(`${config.account_sid}:${config.auth_token}`).toString('base64')}`
    const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization }
    return (notification, recipient) => {
      const { title, text: own = '{{ summary }}' } = config.template ?? {}
      const alerts = notification.alerts.slice(0, 3).flatMap(alert => linesOf(notification, alert, deps.publicUrl, own))
      const message = cut([titleOf(notification, deps.publicUrl, { title }), ...alerts].join('\n'), 480)
      const body = new URLSearchParams({ To: recipient, From: config.from, Body: message }).toString()
      return deliver(deps.http, { url, headers, body }, deps.now)
    }
  },
})
