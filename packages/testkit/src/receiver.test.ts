import { afterEach, expect, test } from 'vitest'
import { type Receiver, startReceiver } from './receiver.ts'

let receiver: Receiver
afterEach(() => receiver.stop())

const post = (path: string, body: string, timeoutMs = 5_000) =>
  fetch(receiver.url + path, { method: 'POST', body, signal: AbortSignal.timeout(timeoutMs) })

test('records requests and answers by script, then as usual', async () => {
  receiver = await startReceiver()
  receiver.script(503, { status: 429, headers: { 'retry-after': '2' }, body: 'slow down' })
  expect((await post('/a?b=1', '{"n":1}')).status).toBe(503)
  const limited = await post('/a', '{"n":2}')
  expect([limited.status, limited.headers.get('retry-after'), await limited.text()]).toEqual([429, '2', 'slow down'])
  expect((await post('/a', '{"n":3}')).status).toBe(200)
  const requests = await receiver.received(3)
  expect(requests.map(request => request.json())).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  expect([requests[0]?.method, requests[0]?.path]).toEqual(['POST', '/a?b=1'])
})

test('can keep silent and can hang up', async () => {
  receiver = await startReceiver()
  receiver.script('hang', 'reset')
  await expect(post('/', '', 200)).rejects.toMatchObject({ name: 'TimeoutError' })
  await expect(post('/', '')).rejects.toThrow()
  expect(await receiver.received(2)).toHaveLength(2)
})
