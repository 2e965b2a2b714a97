import { startReceiver } from '@northstar/testkit'
import type { SentEvent } from './client.ts'

/** Starts a receiver that answers like Northstar when it accepts all events. */
export async function startNorthstarLike() {
  const receiver = await startReceiver()
  receiver.otherwise({ status: 202, body: JSON.stringify({ accepted: 1, rejected: [] }) })
  return {
    ...receiver,
    events: (): readonly SentEvent[] =>
      receiver.requests.flatMap(({ body }) =>
        body
          .toString()
          .split('\n')
          .map(line => JSON.parse(line) as SentEvent),
      ),
  }
}
