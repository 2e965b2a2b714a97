import { z } from 'zod'
import { actionIn, type VendorStandIn } from '../../contract/vendor.ts'

const slackText = z.union([
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(3_000), emoji: z.boolean().optional() }),
  z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(3_000) }),
])
const slack = z.strictObject({
  text: z.string().min(1).max(40_000),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('header'),
          text: z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150), emoji: z.boolean().optional() }),
        }),
        z.strictObject({ type: z.literal('section'), text: slackText }),
        z.strictObject({ type: z.literal('context'), elements: z.array(slackText).min(1).max(10) }),
      ]),
    )
    .max(50),
})

export const vendor: VendorStandIn = {
  config: url => ({ type: 'slack', url }),
  receive(request) {
    const { text, blocks } = slack.parse(request.json())
    const said = blocks.map(block => ('text' in block ? block.text.text : '')).join('\n')
    return { events: [{ vendor: 'slack', action: actionIn(text), key: null, text: said }], answer: { status: 200, body: 'ok' } }
  },
}
