import { z } from 'zod'
import { actionIn, type VendorStandIn } from '../../contract/vendor.ts'

const discord = z
  .strictObject({
    username: z.string().max(80).optional(),
    content: z.string().max(2_000),
    allowed_mentions: z.object({ parse: z.array(z.enum(['roles', 'users', 'everyone'])) }).optional(),
    embeds: z
      .array(
        z.strictObject({
          title: z.string().max(256),
          description: z.string().max(4_096),
          color: z.int().min(0).max(0xffffff),
          timestamp: z.iso.datetime(),
        }),
      )
      .max(10),
  })
  .refine(({ embeds }) => embeds.reduce((sum, one) => sum + one.title.length + one.description.length, 0) <= 6_000)

export const vendor: VendorStandIn = {
  config: url => ({ type: 'discord', url }),
  receive(request) {
    const { content, embeds } = discord.parse(request.json())
    const text = [content, ...embeds.flatMap(one => [one.title, one.description])].join('\n')
    return { events: [{ vendor: 'discord', action: actionIn(content), key: null, text }], answer: { status: 204 } }
  },
}
