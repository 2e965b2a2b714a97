import { z } from 'zod'
import type { VendorEvent, VendorStandIn } from '../../contract/vendor.ts'

const labels = z.record(z.string().regex(/^[a-zA-Z_]\w*$/), z.string())
const alertmanager = z
  .array(z.strictObject({ labels, annotations: labels, startsAt: z.iso.datetime(), endsAt: z.iso.datetime(), generatorURL: z.url() }))
  .min(1)

export const vendor: VendorStandIn = {
  config: url => ({ type: 'alertmanager', url }),
  receive(request, path) {
    if (path !== '/api/v2/alerts') throw new Error(`no such path: ${path}`)
    const events = alertmanager.parse(request.json()).map(
      (alert): VendorEvent => ({
        vendor: 'alertmanager',
        action: Date.parse(alert.endsAt) > request.at ? 'trigger' : 'resolve',
        key: JSON.stringify(alert.labels),
        text: alert.annotations.summary ?? '',
      }),
    )
    return { events, answer: { status: 200 } }
  },
}
