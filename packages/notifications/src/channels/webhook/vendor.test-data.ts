import { z } from 'zod'
import type { VendorEvent, VendorStandIn } from '../../contract/vendor.ts'

const labels = z.record(z.string().regex(/^[a-zA-Z_]\w*$/), z.string())
const webhook = z.strictObject({
  version: z.literal('4'),
  groupKey: z.string(),
  truncatedAlerts: z.int(),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string(),
  groupLabels: labels,
  commonLabels: labels,
  commonAnnotations: labels,
  externalURL: z.url(),
  alerts: z.array(
    z.strictObject({
      status: z.enum(['firing', 'resolved']),
      labels,
      annotations: labels,
      startsAt: z.iso.datetime(),
      endsAt: z.iso.datetime(),
      generatorURL: z.url(),
      fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
    }),
  ),
})

export const vendor: VendorStandIn = {
  config: url => ({ type: 'webhook', url }),
  receive(request) {
    if (!/^v1,/.test(String(request.headers['webhook-signature']))) throw new Error('not signed')
    const events = webhook.parse(request.json()).alerts.map(
      (alert): VendorEvent => ({
        vendor: 'webhook',
        action: alert.status === 'firing' ? 'trigger' : 'resolve',
        key: alert.fingerprint,
        text: alert.annotations.summary ?? '',
      }),
    )
    return { events, answer: { status: 200 } }
  },
}
