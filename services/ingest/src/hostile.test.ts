import { connect } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import * as zlib from 'node:zlib'
import { brotliCompressSync, deflateRawSync, gzipSync } from 'node:zlib'
import { eventually } from '@northstar/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, type RunningIngest, startIngest } from './running.test-data.ts'

let at: RunningIngest
beforeAll(async () => {
  at = await startIngest()
})
afterAll(async () => {
  await at?.stop()
})

const gzip = { headers: { 'content-encoding': 'gzip' } }
const good = { event: 'run', user_id: 'u', category: 'x' }

/** CPU seconds of this process, server and client together, and the longest time that the event loop was held, ms. */
async function costOf(work: () => Promise<Answer>): Promise<{ readonly answer: Answer; readonly cpu: number; readonly held: number }> {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const before = process.cpuUsage()
  delay.enable()
  const answer = await work()
  delay.disable()
  const { user, system } = process.cpuUsage(before)
  return { answer, cpu: (user + system) / 1e6, held: delay.max / 1e6 }
}

describe('a body that is made to cost', () => {
  const array = (n: number, make: (i: number) => unknown) => JSON.stringify(Array.from({ length: n }, (_, i) => make(i)))
  it.each<[string, string]>([
    ['crashes with the beginnings of tokens', array(200, () => ({ event: 'crash', user_id: 'u', stack_trace: 'eyJ-'.repeat(4_096) }))],
    ['50,000 numbers', `[${'1,'.repeat(49_999)}1]`],
    ['50,000 unknown events', array(50_000, i => ({ event: `rnu${i}` }))],
    ['unknown properties', array(40_000, i => ({ ...good, [`categoyr_of_the_event_that_was_sent_${i}`]: 1 }))],
    ['4 MB of stack traces', array(270, i => ({ event: 'crash', user_id: `u${i}`, stack_trace: `at main (app.js:${i}:7)\n`.repeat(640) }))],
  ])('%s: is answered in little time and few bytes, and holds nobody up', async (_, body) => {
    const { answer, cpu, held } = await costOf(() => at.post(body))
    expect([202, 422], answer.text.slice(0, 200)).toContain(answer.status)
    expect(answer.text.length).toBeLessThan(64 * 1024)
    expect(cpu).toBeLessThan(3)
    // On a busy machine; parts that were not sliced held it for 12 to 38 s.
    expect(held).toBeLessThan(1_500)
  })

  it('with an event in each of 119 months: those beyond the retention are refused, so that no record touches more months than it has', async () => {
    const month = 30.44 * 86_400_000
    const events = Array.from({ length: 119 }, (_, i) => ({ ...good, timestamp: new Date(Date.now() - i * month - 60_000).toISOString() }))
    const { json } = await at.post(events)
    expect(json.accepted).toBe(24)
    expect(new Set(json.rejected?.map(({ code }) => code))).toEqual(new Set(['too_old']))
    expect(json.rejected).toHaveLength(119 - 24)
  })

  it('names the first hundred refused events and counts the others by code', async () => {
    const events = Array.from({ length: 1_000 }, (_, i) => (i % 2 === 0 ? good : i % 4 === 1 ? 7 : { ...good, category: 7, x: 1 }))
    const { json, status } = await at.post(events)
    expect(status).toBe(202)
    expect(json).toMatchObject({ accepted: 500, more_rejected: { wrong_type: 400 } })
    expect(json.rejected?.map(r => r.index)).toEqual(Array.from({ length: 100 }, (_, i) => i * 2 + 1))
  })
})

describe('a packed body', () => {
  const json = JSON.stringify([good])
  const packed = { br: brotliCompressSync(json), deflate: deflateRawSync(json) }
  it.each(Object.entries(packed))('in %s is accepted', async (encoding, body) => {
    expect((await at.post(body, { headers: { 'content-encoding': encoding } })).status).toBe(202)
  })

  const zstd = (zlib as { zstdCompressSync?: (text: string) => Buffer }).zstdCompressSync
  it('in zstd is accepted, and before Node 22.15 refused with what to do', async () => {
    const answer = await at.post(zstd?.(json) ?? '', { headers: { 'content-encoding': 'zstd' } })
    if (zstd) expect(answer.status).toBe(202)
    else expect(answer).toMatchObject({ status: 415, json: { detail: expect.stringContaining('Node 22.15 or newer') } })
  })

  it('that unpacks to many times its size is refused without being unpacked', async () => {
    const bomb = brotliCompressSync(Buffer.alloc(19_000_000, 32))
    const before = process.memoryUsage().rss
    let peak = before
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss)
    }, 5)
    const answers = await Promise.all(Array.from({ length: 60 }, () => at.post(bomb, { headers: { 'content-encoding': 'br' } })))
    clearInterval(watch)
    expect(new Set(answers.map(answer => answer.status))).toEqual(new Set([413]))
    expect(peak - before).toBeLessThan(150 * 1024 * 1024)
    expect((await at.ingest.health?.())?.reason).toContain(' 0 bytes in flight')
  })

  it('counts against the budget while it unpacks', async () => {
    const small = await startIngest({ maxInFlightBytes: 300_000 })
    try {
      // Events that compress a hundred times.
      const body = gzipSync(JSON.stringify(Array(20_000).fill(good)))
      expect((await small.post(body, gzip)).status).toBe(503)
      expect((await small.post(good)).status).toBe(202)
    } finally {
      await small.stop()
    }
  })
})

it('slow senders without a key hold the budget for bodies only until others need it', async () => {
  const small = await startIngest({ maxInFlightBytes: 300_000 })
  const { hostname, port } = new URL(small.url)
  const slow = Array.from({ length: 4 }, () => {
    const sender = { answer: '', socket: connect(Number(port), hostname) }
    sender.socket.on('data', data => {
      sender.answer += data
    })
    // The key of this dialect is in the body.
    sender.socket.write(
      `POST /batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"a":"${'x'.repeat(70_000)}`,
    )
    return sender
  })
  try {
    await eventually(async () => (await small.bytesInFlight()) === 4 * 70_006)
    const body = JSON.stringify(Array.from({ length: 900 }, () => good))
    const statuses = new Set<number>()
    const accepted = await eventually(async () => {
      const { status } = await small.post(body)
      statuses.add(status)
      return status === 202
    })
    expect(accepted).toBe(true)
    expect([...statuses].filter(status => status !== 503)).toEqual([202])
    expect(slow.filter(({ answer }) => answer.includes(' 503 ')).length).toBeGreaterThan(0)
    // The sender that is not in the way goes on.
    expect(slow.filter(({ answer }) => answer === '').length).toBeGreaterThan(0)
  } finally {
    for (const { socket } of slow) socket.destroy()
    await eventually(async () => (await small.bytesInFlight()) === 0)
    await small.stop()
  }
})
