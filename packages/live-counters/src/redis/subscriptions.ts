import { coalesced } from '../advances.ts'
import type { LiveCounters } from '../port.ts'
import { connect } from './client.ts'

/** Listeners to the changes that any process publishes. Each listener has its own connection. */
export function createSubscriptions(url: string, channel: string): Pick<LiveCounters, 'onAdvance'> & { readonly close: () => void } {
  const open = new Set<() => void>()
  return {
    onAdvance(listener) {
      const subscriber = connect(url)
      const advances = coalesced(listener)
      // A reset names no aggregates.
      subscriber.on('message', (_channel: string, codes: string) => advances.signal(codes === '' ? null : new Set(codes.split(' '))))
      // Messages were missed while the connection was lost, so anything may have changed.
      subscriber.on('ready', () => advances.signal(null))
      subscriber.subscribe(channel).catch(() => {})
      const end = () => {
        advances.end()
        subscriber.disconnect()
        open.delete(end)
      }
      open.add(end)
      return end
    },
    close() {
      for (const end of [...open]) end()
    },
  }
}
