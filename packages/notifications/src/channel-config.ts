import { z } from 'zod'

/** A text that may hold `${NAME}`: a secret from the environment. */
const text = z.string()
const recipients = z.union([text.transform(one => [one]), z.array(text).min(1)]).describe('The recipients: one, or a list.')
const type = <T extends string>(name: T) => z.literal(name).describe('The kind of channel.')

/** What may stand in a heading: of the whole message. */
export const TITLE_VARIABLES = [
  'state',
  'severity',
  'severity_word',
  'names',
  'count',
  'receiver',
  'product',
  'acknowledged_by',
  'url',
] as const
/** What may stand in the text of one alert, besides `labels.NAME` and `annotations.NAME`. */
export const TEXT_VARIABLES = [
  'state',
  'severity',
  'severity_word',
  'alertname',
  'summary',
  'description',
  'action',
  'runbook_url',
  'value',
  'threshold',
  'starts_at',
  'ends_at',
  'fingerprint',
  'url',
] as const
export type TitleVariable = (typeof TITLE_VARIABLES)[number]
export type TextVariable = (typeof TEXT_VARIABLES)[number]

const template = (variables: readonly string[], prefixes: readonly string[]) =>
  z.string().superRefine((given, context) => {
    for (const [, found = ''] of given.matchAll(/\{\{([^}]*)\}\}/g)) {
      const [path = ''] = found.split('|').map(part => part.trim())
      if (variables.includes(path) || prefixes.some(prefix => path.startsWith(prefix) && path.length > prefix.length)) continue
      const valid = [...variables, ...prefixes.map(prefix => `${prefix}NAME`)].join(', ')
      context.addIssue({ code: 'custom', message: `a template knows no "${path}"; it knows ${valid}` })
    }
  })

/** Messages in a channel's own words. A line whose variables are all empty is left out. */
const templates = {
  template: z
    .strictObject({
      title: template(TITLE_VARIABLES, ['labels.']).optional().describe('The heading of the whole message.'),
      text: template(TEXT_VARIABLES, ['labels.', 'annotations.']).optional().describe('The text of each alert.'),
    })
    .optional()
    .describe('Messages in words of your own; {{ names }} are filled in.'),
}
/** Where each alert is an incident of its own, with a heading and nothing more. */
const titleOnly = {
  template: z
    .strictObject({ title: template(TEXT_VARIABLES, ['labels.', 'annotations.']).optional().describe('The heading of each incident.') })
    .optional()
    .describe('A heading in words of your own; {{ names }} are filled in.'),
}
const textOnly = {
  template: z
    .strictObject({ text: template(TEXT_VARIABLES, ['labels.', 'annotations.']).optional().describe('The text of each alert.') })
    .optional()
    .describe('A text in words of your own; {{ names }} are filled in.'),
}

/** A channel's templates; a heading is of the whole message, or of the alert where each alert is alone. */
export interface MessageTemplates {
  readonly title?: string
  readonly text?: string
}

/** One channel. The fields are those of the vendor's own documents; secrets are written `${NAME}`. */
export const channel = z.discriminatedUnion('type', [
  z
    .strictObject({
      type: type('webhook'),
      url: text.describe('Where to POST Alertmanager’s webhook body, version 4.'),
      secret: text.optional().describe('Signs as Standard Webhooks say: whsec_ and base64. Default: the one made at the first start.'),
    })
    .describe('Any receiver of Alertmanager’s webhooks.'),
  z
    .strictObject({ type: type('alertmanager'), url: text.describe('The root of the Alertmanager.') })
    .describe('An Alertmanager that does the routing itself.'),
  z
    .strictObject({
      type: type('pagerduty'),
      routing_key: text.describe('The integration key of the service, Events API v2.'),
      url: text.default('https://events.pagerduty.com/v2/enqueue').describe('Another address of the API, as of the EU.'),
      ...titleOnly,
    })
    .describe('An incident of PagerDuty for each alert.'),
  z
    .strictObject({
      type: type('opsgenie'),
      api_key: text.describe('The key of an API integration.'),
      url: text.default('https://api.opsgenie.com').describe('Another root of the API, as of the EU.'),
      responders: z
        .array(z.strictObject({ type: z.string().describe('team, user, escalation or schedule.'), name: text.describe('Its name.') }))
        .default([])
        .describe('Who responds.'),
      ...titleOnly,
    })
    .describe('An alert of Opsgenie for each alert.'),
  z.strictObject({ type: type('slack'), url: text.describe('An incoming webhook.'), ...templates }).describe('A channel of Slack.'),
  z
    .strictObject({ type: type('discord'), url: text.describe('A webhook of the channel.'), ...templates })
    .describe('A channel of Discord.'),
  z
    .strictObject({
      type: type('email'),
      smtp: text.describe('smtp:// or smtps://, user:password@host:port.'),
      from: text.describe('The sender’s address.'),
      to: recipients,
      ...templates,
    })
    .describe('E-mail over SMTP.'),
  z
    .strictObject({
      type: type('sms'),
      account_sid: text.describe('The account of Twilio.'),
      auth_token: text.describe('Its token.'),
      from: text.describe('The number that sends.'),
      to: recipients,
      url: text.default('https://api.twilio.com').describe('Another root of the API.'),
      ...templates,
    })
    .describe('Text messages over Twilio.'),
  z
    .strictObject({
      type: type('x'),
      access_token: text.describe('An OAuth 2 token of the account that may write posts.'),
      url: text.default('https://api.x.com').describe('Another root of the API.'),
      ...textOnly,
    })
    .describe('Posts on X.'),
])

export type ChannelConfig = z.output<typeof channel>
export type ChannelType = ChannelConfig['type']
