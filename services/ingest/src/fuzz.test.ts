import { Agent, request } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Body, bodiesWithoutText, createRandom, fuzzedBody, SEEDS } from './fuzzed-bodies.test-data.ts'
import { KEY, type RunningIngest, startIngest } from './running.test-data.ts'

/** Of each dialect; 100,000 by `NORTHSTAR_FUZZ_BODIES=100000`. */
const BODIES = Number(process.env.NORTHSTAR_FUZZ_BODIES ?? 2_000)
const SEED = Number(process.env.NORTHSTAR_TEST_SEED ?? 1)
const AT_ONCE = 8
/** The allowed growth of the heap between a fifth of the bodies and all of them. */
const GROWTH_BYTES = 16 * 1024 * 1024

let at: RunningIngest
let agent: Agent
beforeEach(async () => {
  at = await startIngest({ eventsPerSecond: 0 })
  agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
})
afterEach(async () => {
  agent.destroy()
  await at.stop()
})

function send({ path, headers, bytes }: Body): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(at.url + path, { method: 'POST', agent, headers: { ...headers, 'content-length': bytes.length } }, answer => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
    sent.on('error', reject).end(bytes)
  })
}

/** Bytes of the heap after garbage was collected. */
function heap(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

it.each(Object.entries(SEEDS))(
  `${BODIES} fuzzed bodies of %s meet no crash and no 5xx, and leave the memory as it is`,
  async (_, seeds) => {
    const random = createRandom(SEED)
    const statuses = new Map<number, number>()
    const bad: string[] = []
    const sendMany = async (count: number) => {
      for (let sent = 0; sent < count; sent += AT_ONCE) {
        const bodies = Array.from({ length: AT_ONCE }, () => fuzzedBody(seeds, random))
        const answers = await Promise.all(bodies.map(send))
        for (const [i, status] of answers.entries()) {
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
          const { path, headers, bytes } = bodies[i] as Body
          if (status >= 500) bad.push(`${status} at ${path}, ${JSON.stringify(headers)}: ${bytes.toString('base64')}`)
        }
      }
    }
    await sendMany(BODIES / 5)
    const before = heap()
    await sendMany((BODIES * 4) / 5)
    expect(bad.slice(0, 5)).toEqual([])
    expect(heap() - before).toBeLessThan(GROWTH_BYTES)
    // Bodies are near enough to good ones for every stage to be met.
    expect([...statuses.keys()].filter(status => status < 300).length).toBeGreaterThan(0)
    expect(statuses.get(400)).toBeGreaterThan(0)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    const answer = await at.post({ event: 'run', user_id: 'u', category: 'x' }, { key: KEY })
    expect(answer.json.accepted).toBe(1)
  },
  Math.max(180_000, BODIES * 20),
)

it.each(Object.entries(SEEDS))('no place of a body of %s needs to be a text', async (_, seeds) => {
  for (const body of bodiesWithoutText(seeds)) expect(await send(body), body.bytes.toString()).toBeLessThan(500)
})
