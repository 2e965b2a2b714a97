import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterEach, expect, it } from 'vitest'
import { sendEvents } from './send-events.ts'

let server: Server | undefined
afterEach(() => new Promise<void>(resolve => (server ? server.close(() => resolve()).closeAllConnections() : resolve())))

interface Heard {
  readonly url: string
  /** The ids of each body that was answered 202, in the order of arrival. */
  readonly bodies: string[][]
}

/** An ingest that answers as the list says, then 202. */
async function listen(statuses: readonly number[] = []): Promise<Heard> {
  const left = [...statuses]
  const bodies: string[][] = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', chunk => chunks.push(chunk))
      .on('end', () => {
        const raw = Buffer.concat(chunks)
        const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
        const events = JSON.parse(text.toString()) as { id: string; bad?: boolean }[]
        const status = left.shift() ?? 202
        if (status === 0) return request.socket.destroy()
        if (status !== 202) return response.writeHead(status, { 'retry-after': '0' }).end('{}')
        bodies.push(events.map(event => event.id))
        const rejected = events.flatMap((event, index) => (event.bad ? [{ index, code: 'wrong_type', field: 'bad', message: 'bad' }] : []))
        response.writeHead(202).end(JSON.stringify({ accepted: events.length - rejected.length, rejected }))
      })
  })
  await new Promise<void>(resolve => server?.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies }
}

const events = (n: number) => Array.from({ length: n }, (_, i) => ({ id: String(i) }))

it('sends everything in batches', async () => {
  const { url, bodies } = await listen()
  const progress: number[] = []
  const result = await sendEvents(url, 'k', events(1_050), { batch: 100, gzip: true, onProgress: p => progress.push(p.accepted) })
  expect(result).toEqual({ accepted: 1_050, rejected: 0, rejections: [] })
  expect(bodies.map(ids => ids.length).toSorted((a, b) => a - b)).toEqual([50, ...Array.from({ length: 10 }, () => 100)])
  expect(new Set(bodies.flat()).size).toBe(1_050)
  expect(progress.at(-1)).toBe(1_050)
})

it('sends again what met 503, 429 or a broken connection', async () => {
  const { url, bodies } = await listen([503, 0, 429])
  expect((await sendEvents(url, 'k', events(10), { concurrency: 1 })).accepted).toBe(10)
  expect(bodies).toHaveLength(1)
})

it('does not retry what the server refuses for good', async () => {
  const { url } = await listen([401])
  await expect(sendEvents(url, 'k', events(10))).rejects.toMatchObject({ code: 'send_failed', status: 401 })
})

it('gives up soon when nothing has ever answered, and says before that it tries again', async () => {
  const reasons: string[] = []
  const sent = sendEvents('http://127.0.0.1:1', 'k', events(1), { onRetry: reason => reasons.push(reason) })
  await expect(sent).rejects.toMatchObject({ status: 0, message: 'cannot reach Northstar at http://127.0.0.1:1' })
  expect(reasons).toEqual(['cannot reach Northstar at http://127.0.0.1:1'])
})

it('reports rejected events by their index in all sent events', async () => {
  const { url } = await listen()
  const list = events(30).map((event, i) => (i === 25 ? { ...event, bad: true } : event))
  const result = await sendEvents(url, 'k', list, { batch: 10 })
  expect(result).toMatchObject({ accepted: 29, rejected: 1, rejections: [{ index: 25, code: 'wrong_type' }] })
})

it('does not keep events that come slowly waiting for a full batch', async () => {
  const { url, bodies } = await listen()
  let release: () => void = () => {}
  const sent = new Promise<void>(resolve => {
    release = resolve
  })
  async function* slow() {
    yield { id: 'a' }
    await sent
    yield { id: 'b' }
  }
  const done = sendEvents(url, 'k', slow(), { lingerMs: 10, onProgress: () => release() })
  await sent
  expect(bodies).toEqual([['a']])
  expect((await done).accepted).toBe(2)
})
