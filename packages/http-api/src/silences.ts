import { z } from 'zod'
import { labels, severity, time } from './common.ts'
import { declare, type Out } from './declare.ts'

const matcher = z.object({ name: z.string(), value: z.string(), isRegex: z.boolean(), isEqual: z.boolean() })
const silence = z.object({
  id: z.string(),
  matchers: z.array(matcher),
  startsAt: time,
  endsAt: time,
  createdBy: z.string(),
  comment: z.string(),
  status: z.object({ state: z.enum(['pending', 'active', 'expired']) }),
})
export type Silence = Out<typeof silence>

const preview = z.object({
  matchers: z.array(matcher),
  alerts: z.array(
    z.object({ fingerprint: z.string(), rule: z.string(), severity, state: z.enum(['pending', 'firing']), summary: z.string(), labels }),
  ),
  rules: z
    .array(
      z.object({
        rule: z.string(),
        severity,
        by: z.string().nullable().describe('The property whose values have alerts of their own, some of which match.'),
      }),
    )
    .describe('Rules whose alerts match.'),
  warnings: z.array(z.string()),
})
export type SilencePreview = Out<typeof preview>

const givenTime = z
  .union([z.string().max(64), z.number()])
  .describe('RFC 3339; a date or a time without an offset, in the product’s zone; or epoch milliseconds.')
const given = z.strictObject({
  matchers: z
    .array(
      z.union([
        z.string().max(1_000).describe('severity="P1", or with !=, =~, !~; a word alone is a rule’s name.'),
        z.strictObject({
          name: z.string().max(200),
          value: z.string().max(500),
          isRegex: z.boolean().default(false),
          isEqual: z.boolean().default(true),
        }),
      ]),
    )
    .min(1)
    .max(50),
  startsAt: givenTime.optional(),
  endsAt: givenTime.optional(),
  duration: z.string().max(64).optional().describe('Replaces endsAt, such as 2h.'),
  createdBy: z.string().max(200).optional().describe('Default: the caller.'),
  comment: z.string().max(2_000).default(''),
})

export const silences = {
  list: declare({
    method: 'GET',
    path: '/v1/silences',
    summary: 'All silences',
    access: 'read',
    answers: { 200: z.object({ silences: z.array(silence) }) },
  }),
  preview: declare({
    method: 'GET',
    path: '/v1/silences/preview',
    summary: 'The active alerts and the rules that matchers match',
    access: 'read',
    query: z.strictObject({
      matcher: z
        .union([z.string().max(1_000), z.array(z.string().max(1_000)).max(50)])
        .optional()
        .describe('severity="P1", or with !=, =~, !~; a word alone is a rule’s name. All of them must match.'),
    }),
    answers: { 200: preview },
  }),
  create: declare({
    method: 'POST',
    path: '/v1/silences',
    summary: 'Silence alerts',
    access: 'responder',
    body: given,
    audited: ['matchers', 'endsAt', 'duration', 'comment'],
    answers: {
      201: silence.extend({
        silenceID: z.string(),
        timezone: z.string().describe('The zone of times without an offset.'),
        warnings: z.array(z.string()).describe('Problems such as an unknown rule name.'),
      }),
    },
  }),
  expire: declare({
    method: 'DELETE',
    path: '/v1/silences/{id}',
    summary: 'End a silence',
    access: 'responder',
    params: z.object({ id: z.string().max(64) }),
    answers: { 204: 'The silence has expired.' },
  }),
}
