import { startReceiver } from '@northstar/testkit'
import { startMailVendor } from '../channels/email/vendor.test-data.ts'
import { channelTypes } from '../channels/registry.ts'
import type { VendorEvent, VendorStandIn } from './vendor.ts'

export { verifySignature } from './signature.ts'
export type { VendorEvent } from './vendor.ts'

export interface Vendors {
  /** A channel of `channels.yaml` for each type, by type. */
  readonly channels: Readonly<Record<string, { readonly type: string }>>
  readonly events: readonly VendorEvent[]
  /** Requests that violate a vendor's documents. */
  readonly refused: readonly string[]
  stop(): Promise<void>
}

/** Recording stand-ins for the vendors of all channel types, each from its channel's folder. */
export async function startVendors(): Promise<Vendors> {
  const events: VendorEvent[] = []
  const refused: string[] = []
  const standIns = new Map<string, VendorStandIn>()
  for (const type of channelTypes.keys()) {
    if (type === 'email') continue
    const { vendor } = (await import(`../channels/${type}/vendor.test-data.ts`)) as { readonly vendor: VendorStandIn }
    standIns.set(type, vendor)
  }
  const receiver = await startReceiver()
  receiver.otherwise(request => {
    const [, name = '', path = ''] = /^\/([a-z]+)(\/.*)?$/.exec(request.path) ?? []
    try {
      const standIn = standIns.get(name)
      if (!standIn) throw new Error('no such vendor')
      const { events: seen, answer } = standIn.receive(request, path)
      events.push(...seen)
      return { status: answer.status, body: typeof answer.body === 'string' ? answer.body : answer.body ? JSON.stringify(answer.body) : '' }
    } catch (error) {
      refused.push(`${name}: ${error instanceof Error ? error.message : String(error)}: ${request.body.toString()}`)
      return { status: 400 }
    }
  })
  const mail = await startMailVendor(
    event => events.push(event),
    text => refused.push(text),
  )
  const configs = [...standIns].map(([type, vendor]) => [type, vendor.config(`${receiver.url}/${type}`)] as const)
  return {
    channels: { ...Object.fromEntries(configs), email: mail.config },
    events,
    refused,
    async stop() {
      await receiver.stop()
      mail.stop()
    },
  }
}
