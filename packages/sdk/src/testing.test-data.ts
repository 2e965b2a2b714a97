import { eventually, startReceiver } from '@northstar/testkit'
import type { Client, SentEvent } from './client.ts'

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

/**
 * Flushes until no event waits, since one flush ends after 100 ms whether everything was sent or not.
 * @param before called before each flush, such as to end a pause
 */
export const allSent = (client: Pick<Client<never>, 'flush' | 'status'>, before = () => {}): Promise<unknown> =>
  eventually(async () => {
    before()
    await client.flush()
    return client.status().waiting === 0
  })
