import { z } from 'zod'

/** A text that may contain `${NAME}`: a secret from the environment. */
export const text = z.string()

/** One address or a list; each recipient gets a separate message. */
export const recipients = z
  .union([text.transform(one => [one]), z.array(text).min(1)])
  .transform(list => [...new Set(list)])
  .describe('The recipients: one, or a list.')

export const channelType = <T extends string>(name: T) => z.literal(name).describe('The type of channel.')

/** The variables of the heading of a message. */
const TITLE_VARIABLES = ['state', 'severity', 'severity_word', 'names', 'count', 'receiver', 'product', 'acknowledged_by', 'url'] as const
/** The variables of the text of one alert, besides `labels.NAME` and `annotations.NAME`. */
const TEXT_VARIABLES = [
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
      context.addIssue({ code: 'custom', message: `unknown template variable "${path}", expected one of ${valid}` })
    }
  })

/** `template:` of a channel. A line whose variables are all empty is left out. */
export const templates = {
  template: z
    .strictObject({
      title: template(TITLE_VARIABLES, ['labels.']).optional().describe('The heading of the whole message.'),
      text: template(TEXT_VARIABLES, ['labels.', 'annotations.']).optional().describe('The text of each alert.'),
    })
    .optional()
    .describe('Templates of the message; {{ names }} are filled in.'),
}
/** `template:` of a channel whose messages are incidents with only a heading. */
export const titleOnly = {
  template: z
    .strictObject({ title: template(TEXT_VARIABLES, ['labels.', 'annotations.']).optional().describe('The heading of each incident.') })
    .optional()
    .describe('A template of the heading; {{ names }} are filled in.'),
}
/** `template:` of a channel whose messages have no heading. */
export const textOnly = {
  template: z
    .strictObject({ text: template(TEXT_VARIABLES, ['labels.', 'annotations.']).optional().describe('The text of each alert.') })
    .optional()
    .describe('A template of the text; {{ names }} are filled in.'),
}

/** A channel's templates. The heading is that of the message, or of the alert if each alert has its own message. */
export interface MessageTemplates {
  readonly title?: string
  readonly text?: string
}
