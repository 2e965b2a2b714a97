import { z } from 'zod'
import { actionIn, type VendorStandIn } from '../../contract/vendor.ts'

const x = z.strictObject({ text: z.string().refine(text => Array.from(text).length <= 280) })

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
