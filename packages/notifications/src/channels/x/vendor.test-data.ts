import { z } from 'zod'
import { actionIn, type VendorStandIn } from '../../contract/vendor.ts'

/** The length by X's rule: characters outside the first blocks weigh two. */
const weightOf = (text: string) => Array.from(text).reduce((sum, character) => sum + ((character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2), 0)

const x = z.strictObject({ text: z.string().refine(text => weightOf(text) <= 280) })

export const vendor: VendorStandIn = {
  config: url => ({ type: 'x', access_token: 't', url }),
  receive(request, path) {
    if (path !== '/2/tweets') throw new Error(`no such path: ${path}`)
    if (!/^Bearer .+/.test(request.headers.authorization ?? '')) throw new Error('no token')
    const { text } = x.parse(request.json())
    return {
      events: [{ vendor: 'x', action: actionIn(text), key: null, text }],
      answer: { status: 201, body: { data: { id: '1', text } } },
    }
  },
}
