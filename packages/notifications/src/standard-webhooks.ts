import { createHmac, timingSafeEqual } from 'node:crypto'

/** A secret `whsec_…` is the key in base64; of any other text the bytes are the key. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret)
}

/** The three headers of Standard Webhooks. The id is the same for every attempt; the time is that of the attempt, in whole seconds. */
export function signedHeaders(secret: string, id: string, now: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(now / 1_000))
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  }
}

/** Whether a signature of the header matches the body, and the time is within five minutes. */
export function verifySignature(
  secret: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  now: number,
): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return false
  if (!(Math.abs(now / 1_000 - Number(timestamp)) <= 300)) return false
  const wanted = Buffer.from(`v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
  return signatures.split(' ').some(one => {
    const found = Buffer.from(one)
    return found.length === wanted.length && timingSafeEqual(found, wanted)
  })
}
