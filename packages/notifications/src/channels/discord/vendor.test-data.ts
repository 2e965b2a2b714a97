import { z } from 'zod'
import { actionIn, type VendorStandIn } from '../../contract/vendor.ts'

interface Embed {
  readonly title: string
  readonly description: string
  readonly fields: readonly { readonly name: string; readonly value: string }[]
}

const textsOf = (embeds: readonly Embed[]) =>
  embeds.flatMap(({ title, description, fields }) => [title, description, ...fields.flatMap(field => [field.name, field.value])])

const discord = z
  .strictObject({
    username: z.string().max(80).optional(),
    content: z.string().max(2_000).default(''),
    allowed_mentions: z.object({ parse: z.array(z.enum(['roles', 'users', 'everyone'])) }).optional(),
    embeds: z
      .array(
        z.strictObject({
          title: z.string().max(256),
          description: z.string().max(4_096).default(''),
          color: z.int().min(0).max(0xffffff).optional(),
          timestamp: z.iso.datetime().optional(),
          fields: z
            .array(z.strictObject({ name: z.string().min(1).max(256), value: z.string().min(1).max(1_024) }))
            .max(25)
            .default([]),
        }),
      )
      .max(10),
  })
  .refine(({ content, embeds }) => content !== '' || embeds.length > 0)
  .refine(({ embeds }) => textsOf(embeds).join('').length <= 6_000)

export const vendor: VendorStandIn = {
  config: url => ({ type: 'discord', url }),
  receive(request) {
    const { content, embeds } = discord.parse(request.json())
    const text = [content, ...textsOf(embeds)].join('\n')
    return { events: [{ vendor: 'discord', action: actionIn(content), key: null, text }], answer: { status: 204 } }
  },
}
