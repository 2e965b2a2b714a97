import { createHmac } from 'node:crypto'

/** Whether the request is signed by Standard Webhooks with the secret, at most five minutes ago, as a receiver checks it. */
export function verifySignature(
  secret: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: string,
  now: number,
): boolean {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map(name => String(headers[`webhook-${name}`]))
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret
  const wanted = `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  return Math.abs(now / 1_000 - Number(timestamp)) <= 300 && (signatures ?? '').split(' ').includes(wanted)
}
