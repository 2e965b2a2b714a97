import { z } from 'zod'
import type { VendorStandIn } from '../../contract/vendor.ts'

const opsgenieAlert = z.strictObject({
  message: z.string().min(1).max(130),
  alias: z.string().max(512).optional(),
  description: z.string().max(15_000).optional(),
  responders: z.array(z.object({ type: z.enum(['team', 'user', 'escalation', 'schedule']), name: z.string() })).optional(),
  tags: z.array(z.string().max(50)).max(20).optional(),
  details: z.record(z.string(), z.string()).optional(),
  entity: z.string().max(512).optional(),
  source: z.string().max(100).optional(),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']).optional(),
})
const opsgenieAction = z.strictObject({
  user: z.string().max(100).optional(),
  source: z.string().max(100).optional(),
  note: z.string().optional(),
})

export const vendor: VendorStandIn = {
  config: url => ({ type: 'opsgenie', api_key: 'key', url, responders: [{ type: 'team', name: 'core' }] }),
  receive(request, path) {
    if (!/^GenieKey .+/.test(request.headers.authorization ?? '')) throw new Error('no GenieKey')
    const answer = { status: 202, body: { result: 'Request will be processed', took: 0.1, requestId: 'r' } }
    if (path === '/v2/alerts') {
      const body = opsgenieAlert.parse(request.json())
      return { events: [{ vendor: 'opsgenie', action: 'trigger', key: body.alias ?? null, text: body.message }], answer }
    }
    const [, alias = '', verb = ''] = /^\/v2\/alerts\/([^/]+)\/(acknowledge|close)\?identifierType=alias$/.exec(path) ?? []
    if (verb === '') throw new Error(`no such path: ${path}`)
    opsgenieAction.parse(request.json())
    return { events: [{ vendor: 'opsgenie', action: verb === 'close' ? 'resolve' : 'acknowledge', key: alias, text: '' }], answer }
  },
}
