import { z } from 'zod'
import { actionIn, type VendorStandIn } from '../../contract/vendor.ts'

const twilio = z.strictObject({ To: z.string().regex(/^\+[1-9]\d{1,14}$/), From: z.string(), Body: z.string().min(1).max(1_600) })

export const vendor: VendorStandIn = {
  config: url => ({ type: 'sms', account_sid: `AC${'0'.repeat(32)}`, auth_token: 't', from: '+15550001', to: '+15550002', url }),
  receive(request, path) {
    if (!/^\/2010-04-01\/Accounts\/AC[0-9a-f]{32}\/Messages\.json$/.test(path)) throw new Error(`no such path: ${path}`)
    if (!/^Basic .+/.test(request.headers.authorization ?? '')) throw new Error('no credentials')
    const { Body } = twilio.parse(Object.fromEntries(new URLSearchParams(request.body.toString())))
    return { events: [{ vendor: 'sms', action: actionIn(Body), key: null, text: Body }], answer: { status: 201, body: { sid: 'SM1' } } }
  },
}
