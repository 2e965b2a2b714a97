import { z } from 'zod'

/** A text that may hold `${NAME}`: a secret from the environment. */
const text = z.string()
const recipients = z.union([text.transform(one => [one]), z.array(text).min(1)])

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
      title: template(TITLE_VARIABLES, ['labels.']).optional().describe('the heading of the whole message'),
      text: template(TEXT_VARIABLES, ['labels.', 'annotations.']).optional().describe('the text of each alert'),
    })
    .optional(),
}
/** Where each alert is an incident of its own, with a heading and nothing more. */
const titleOnly = { template: z.strictObject({ title: template(TEXT_VARIABLES, ['labels.', 'annotations.']).optional() }).optional() }
const textOnly = { template: z.strictObject({ text: template(TEXT_VARIABLES, ['labels.', 'annotations.']).optional() }).optional() }

/** A channel's templates; a heading is of the whole message, or of the alert where each alert is alone. */
export interface MessageTemplates {
  readonly title?: string
  readonly text?: string
}

/** One address to tell. The fields are those of the vendor's own documents; secrets are written `${NAME}`. */
export const channel = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('webhook'), url: text, secret: text.optional() }),
  /** An Alertmanager that does the routing itself: `url` is its root. */
  z.strictObject({ type: z.literal('alertmanager'), url: text }),
  z.strictObject({
    type: z.literal('pagerduty'),
    routing_key: text,
    url: text.default('https://events.pagerduty.com/v2/enqueue'),
    ...titleOnly,
  }),
  z.strictObject({
    type: z.literal('opsgenie'),
    api_key: text,
    url: text.default('https://api.opsgenie.com'),
    responders: z.array(z.strictObject({ type: z.string(), name: text })).default([]),
    ...titleOnly,
  }),
  z.strictObject({ type: z.literal('slack'), url: text, ...templates }),
  z.strictObject({ type: z.literal('discord'), url: text, ...templates }),
  z.strictObject({ type: z.literal('email'), smtp: text, from: text, to: recipients, ...templates }),
  z.strictObject({
    type: z.literal('sms'),
    account_sid: text,
    auth_token: text,
    from: text,
    to: recipients,
    url: text.default('https://api.twilio.com'),
    ...templates,
  }),
  z.strictObject({ type: z.literal('x'), access_token: text, url: text.default('https://api.x.com'), ...textOnly }),
])

export type ChannelConfig = z.output<typeof channel>
export type ChannelType = ChannelConfig['type']

const SECRET = /\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g

/** The channel with its `${NAME}`s filled in, or the names that have no value. `${NAME:-text}` falls back to the text, as in a shell. */
export function fillSecrets(
  config: ChannelConfig,
  lookup: (name: string) => string | undefined,
): { readonly ok: true; readonly config: ChannelConfig } | { readonly ok: false; readonly missing: readonly string[] } {
  const missing = new Set<string>()
  const fill = (value: unknown): unknown => {
    if (typeof value === 'string')
      return value.replace(SECRET, (_, name: string, fallback: string | undefined) => {
        const found = lookup(name) || fallback
        if (found === undefined) missing.add(name)
        return found ?? ''
      })
    if (Array.isArray(value)) return value.map(fill)
    if (value !== null && typeof value === 'object')
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]))
    return value
  }
  const filled = fill(config) as ChannelConfig
  return missing.size ? { ok: false, missing: [...missing] } : { ok: true, config: filled }
}
