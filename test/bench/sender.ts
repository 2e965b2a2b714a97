/** A load generator in a process of its own, so that its CPU time is not counted as the product's. Its parent sends its orders. */
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom } from '../support/random.ts'
import { makeEvent } from './events.ts'
import type { SendOrder, SendReport } from './load.ts'

const ID_LENGTH = 36
const TIME_LENGTH = 24
const TEMPLATES = 64

interface Template {
  readonly bytes: Buffer
  readonly ids: readonly number[]
  readonly times: readonly number[]
}

/** A body whose ids and times are put in when it is sent: making each anew would cost more than taking it in. */
function makeTemplate(events: number, seed: number): Template {
  const random = createRandom(seed)
  const id = '#'.repeat(ID_LENGTH)
  const time = '@'.repeat(TIME_LENGTH)
  const body = Array.from({ length: events }, () => {
    const { event, user, session, properties } = makeEvent(random)
    return { event, id, timestamp: time, user_id: `user-${user}`, session_id: `session-${session}`, properties }
  })
  const bytes = Buffer.from(JSON.stringify(body))
  return { bytes, ids: placesOf(bytes, id), times: placesOf(bytes, time) }
}

function placesOf(bytes: Buffer, text: string): number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) places.push(at)
  return places
}

async function send(order: SendOrder): Promise<SendReport> {
  const templates = Array.from({ length: TEMPLATES }, (_, i) => makeTemplate(order.batch, i))
  const agent = new Agent({ keepAlive: true, maxSockets: order.connections })
  const prefix = `${process.pid}-${Date.now()}-`
  const startedAt = performance.now()
  let taken = 0
  let accepted = 0

  function fill({ bytes, ids, times }: Template, first: number): Buffer {
    const body = Buffer.from(bytes)
    const age = (order.overSeconds ?? 0) * 1_000 * (1 - first / order.events)
    const time = new Date(Date.now() - age).toISOString()
    for (const at of times) body.write(time, at, 'latin1')
    for (let i = 0; i < ids.length; i++)
      body.write(prefix + String(first + i).padStart(ID_LENGTH - prefix.length, '0'), ids[i] ?? 0, 'latin1')
    return body
  }

  function post(body: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const outgoing = request(`${order.url}/v1/events`, {
        agent,
        method: 'POST',
        headers: { authorization: `Bearer ${order.writeKey}`, 'content-type': 'application/json', 'content-length': body.length },
      })
      outgoing.on('error', reject)
      outgoing.on('response', response => response.resume().on('end', () => resolve(response.statusCode ?? 0)))
      outgoing.end(body)
    })
  }

  async function connection(): Promise<void> {
    for (;;) {
      const first = taken
      if (first >= order.events) return
      taken += order.batch
      if (order.eventsPerSecond !== undefined) {
        const wait = startedAt + (first / order.eventsPerSecond) * 1_000 - performance.now()
        if (wait > 0) await sleep(wait)
      }
      const template = templates[(first / order.batch) % TEMPLATES]
      if (!template) return
      const body = fill(template, first)
      for (;;) {
        const status = await post(body)
        if (status === 202) break
        if (status !== 429 && status !== 503) throw new Error(`ingest answered ${status}`)
        await sleep(50)
      }
      accepted += order.batch
    }
  }

  await Promise.all(Array.from({ length: order.connections }, connection))
  agent.destroy()
  return {
    accepted,
    seconds: (performance.now() - startedAt) / 1_000,
    cpuSeconds: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
  }
}

process.once('message', message => {
  send(message as SendOrder).then(
    report => process.send?.(report, () => process.disconnect()),
    error => {
      process.stderr.write(`${error}\n`)
      process.exit(1)
    },
  )
})
