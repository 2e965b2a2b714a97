import { Agent, request } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { tempFolder } from '@northstar/testkit'
import { WRITE_KEY } from '../support/installation.ts'
import type { Figure } from './figure.ts'
import { cpuSeconds, memoryMb } from './process-usage.ts'
import { type Alone, startAlone } from './service.ts'

const CONNECTIONS = 4
/** CPU seconds that a kind is measured for at least: the kernel's clock ticks a hundred times a second. */
const CPU_SECONDS = 1

interface Body {
  readonly bytes: Buffer
  readonly encoding?: string
  readonly key?: string
  /** Default: `application/json`. */
  readonly type?: string
}

interface Kind {
  readonly name: string
  readonly hostile: Body
  /** Of as many events, or of as many bytes where there are none. */
  readonly good: Body
}

const TRACE = 'at parse (app/src/parse.ts:10:5)\n'
const run = (i: number) => ({
  event: 'command_generated',
  id: `hostile-${i}`,
  user_id: `user-${i % 500}`,
  session_id: `session-${i % 900}`,
  properties: { category: 'devops', platform: 'linux', version: '1.1.0' },
})
const crash = (trace: string) => ({
  event: 'crash',
  user_id: 'u',
  session_id: 's',
  properties: { platform: 'linux', version: '1.1.0', stack_trace: trace },
})
const array = (count: number, make: (i: number) => unknown) => Buffer.from(JSON.stringify(Array.from({ length: count }, (_, i) => make(i))))
const packed = (bytes: Buffer): Body => ({ bytes: gzipSync(bytes), encoding: 'gzip' })

function kinds(): readonly Kind[] {
  const thousand = { bytes: array(1_000, run) }
  const trace = { bytes: array(20, () => crash(TRACE.repeat(480))) }
  const megabyte = array(5_500, run)
  const one = { bytes: array(1, run) }
  return [
    { name: 'beginnings of tokens', hostile: { bytes: array(20, () => crash('eyJ-'.repeat(4_000))) }, good: trace },
    { name: 'beginnings of addresses', hostile: { bytes: array(20, () => crash('a@a.'.repeat(4_000))) }, good: trace },
    { name: 'beginnings of account numbers', hostile: { bytes: array(20, () => crash('DE89 3704 '.repeat(1_600))) }, good: trace },
    { name: 'bombs', hostile: { bytes: brotliCompressSync(Buffer.alloc(19_000_000, 32)), encoding: 'br' }, good: packed(megabyte) },
    { name: 'numbers for events', hostile: { bytes: array(1_000, () => 1) }, good: thousand },
    { name: 'unknown events', hostile: { bytes: array(1_000, i => ({ ...run(i), event: `comand_generated_${i}` })) }, good: thousand },
    { name: 'unknown properties', hostile: { bytes: array(1_000, i => ({ ...run(i), [`categoyr_${i}`]: 1 })) }, good: thousand },
    {
      name: 'empty lines',
      hostile: { ...packed(Buffer.alloc(megabyte.length, 10)), type: 'application/x-ndjson' },
      good: packed(megabyte),
    },
    { name: 'brackets', hostile: { bytes: Buffer.alloc(megabyte.length, '[') }, good: { bytes: megabyte } },
    { name: 'a broken end', hostile: { bytes: megabyte.subarray(0, -1) }, good: { bytes: megabyte } },
    { name: 'unknown keys', hostile: { ...one, key: 'unknown' }, good: one },
  ]
}

/** The cost of each kind of hostile request in ingest, as a multiple of a good request of as many events. */
export async function bench(): Promise<readonly Figure[]> {
  const data = await tempFolder('bench-hostile')
  const ingest = await startAlone('ingest', data.path)
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  try {
    const measured: { readonly name: string; readonly good: number; hostile: number }[] = []
    const all = kinds()
    // The first round warms up.
    for (const { good } of all) await costOf(ingest, agent, good, CPU_SECONDS / 4)
    for (const { name, good } of all) measured.push({ name, good: await costOf(ingest, agent, good, CPU_SECONDS), hostile: 0 })
    const ofGood = memoryMb(ingest.pid).own
    for (const [i, { hostile }] of all.entries())
      Object.assign(measured[i] ?? {}, { hostile: await costOf(ingest, agent, hostile, CPU_SECONDS) })
    const ofHostile = memoryMb(ingest.pid).own
    return [
      ...measured.map(({ name, good, hostile }): Figure => ({ name: `hostile: ${name}`, value: hostile / good, unit: '×' })),
      { name: 'hostile: memory after them, compared with after good ones', value: ofHostile / ofGood, unit: '×' },
    ]
  } finally {
    agent.destroy()
    await ingest.stop()
    await data.remove()
  }
}

/** CPU seconds a request. */
async function costOf({ url, pid }: Alone, agent: Agent, body: Body, seconds: number): Promise<number> {
  const start = cpuSeconds([pid])
  let sent = 0
  let used = 0
  const send = async () => {
    while (used < seconds) {
      await post(url, agent, body)
      sent++
      used = cpuSeconds([pid]) - start
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, send))
  return (cpuSeconds([pid]) - start) / sent
}

function post(url: string, agent: Agent, { bytes, encoding, key = WRITE_KEY, type = 'application/json' }: Body): Promise<void> {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': type,
    'content-length': bytes.length,
    ...(encoding && { 'content-encoding': encoding }),
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}/v1/events`, { agent, method: 'POST', headers }, answer => {
      answer.resume().on('end', resolve).on('error', reject)
    })
    // The server may answer, and close, before it has read the whole of a body that it refuses.
    outgoing.on('error', () => resolve()).end(bytes)
  })
}
