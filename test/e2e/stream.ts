import { gzipSync } from 'node:zlib'
import type { Row } from '@northstar/events'
import type { NativeEvent } from '../support/load.ts'
import { post } from '../support/load.ts'
import type { Random } from '../support/random.ts'

/** Address in the forwarded-for header of the senders. */
export const SENDER_ADDRESS = '203.0.113.77'

export interface Delivery {
  /** Events that ingest accepted. */
  readonly accepted: number
  readonly rejected: number
}

const NEAR = 2_000
const BATCH = 60
const SENDERS = 4

/** Events in the order of a network: shuffled, some repeated, some long after the others. */
export function disorder(events: readonly NativeEvent[], random: Random): NativeEvent[] {
  const placed = events.flatMap((event, index): (readonly [number, NativeEvent])[] => {
    const at = random.next() < 0.02 ? events.length * (1 + random.next()) : index + random.next() * NEAR
    return random.next() < 0.04 ? [[at, event] as const, [at + random.next() * 4 * NEAR, event] as const] : [[at, event] as const]
  })
  return placed.sort(([a], [b]) => a - b).map(([, event]) => event)
}

/** Sends events in every form that ingest reads. Some requests are repeated, some contain an invalid event. */
export async function deliver(url: string, events: readonly NativeEvent[], random: Random): Promise<Delivery> {
  const requests: { readonly body: string | Uint8Array<ArrayBuffer>; readonly headers: Record<string, string> }[] = []
  for (let start = 0; start < events.length; start += BATCH) {
    const batch: unknown[] = events.slice(start, start + BATCH)
    if (random.next() < 0.1) batch.splice(random.below(batch.length), 0, { event: 'no_such_event', user_id: 'u' })
    const headers = { 'x-forwarded-for': SENDER_ADDRESS }
    const request = random.pick([
      { body: JSON.stringify(batch), headers },
      { body: batch.map(event => `${JSON.stringify(event)}\n`).join(''), headers: { ...headers, 'content-type': 'application/x-ndjson' } },
      { body: new Uint8Array(gzipSync(JSON.stringify(batch))), headers: { ...headers, 'content-encoding': 'gzip' } },
    ])
    requests.push(request, ...(random.next() < 0.03 ? [request] : []))
  }
  let accepted = 0
  let rejected = 0
  const queue = requests.values()
  const send = async () => {
    for (const { body, headers } of queue) {
      const answer = await post(url, body, headers)
      if (answer.status !== 202) throw new Error(`answered ${answer.status}: ${JSON.stringify(answer.body)}`)
      const answered = answer.body as { accepted: number; rejected: readonly unknown[] }
      accepted += answered.accepted
      rejected += answered.rejected.length
    }
  }
  await Promise.all(Array.from({ length: SENDERS }, send))
  return { accepted, rejected }
}

/** An event as the brute-force folds read it; its ids need no hiding here. */
export function rowOf(event: NativeEvent): Row {
  const at = Date.parse(event.timestamp)
  return {
    event: event.event,
    id: event.id,
    timestamp: at,
    received_at: at,
    user_id: event.user_id ?? '',
    session_id: event.session_id ?? '',
    ...event.properties,
  }
}
