import { startReceiver } from '@northstar/testkit'
import type { SentEvent } from './client.ts'

/** A receiver that answers as Northstar does when it takes everything. */
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
