import { z } from 'zod'
import type { VendorStandIn } from '../../contract/vendor.ts'

/** Events API v2: only triggers have a payload; fields and lengths as in its reference. */
const pagerduty = z.discriminatedUnion('event_action', [
  z.object({
    event_action: z.literal('trigger'),
    routing_key: z.string().length(32),
    dedup_key: z.string().min(1).max(255),
    client: z.string().optional(),
    client_url: z.url().optional(),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })).optional(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime().optional(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
  ...(['acknowledge', 'resolve'] as const).map(action =>
    z.object({ event_action: z.literal(action), routing_key: z.string().length(32), dedup_key: z.string().min(1).max(255) }),
  ),
])

export const vendor: VendorStandIn = {
  config: url => ({ type: 'pagerduty', routing_key: 'R'.repeat(32), url: `${url}/v2/enqueue` }),
  receive(request) {
    const body = pagerduty.parse(request.json())
    const text = 'payload' in body ? body.payload.summary : ''
    const event = { vendor: 'pagerduty', action: body.event_action, key: body.dedup_key, text }
    return { events: [event], answer: { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: body.dedup_key } } }
  },
}
