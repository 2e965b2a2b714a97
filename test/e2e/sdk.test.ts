import { spawn } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually, freePort, spawnProcess, startCuttingProxy, type TempFolder, tempFolder } from '@northstar/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installation, startEmbedded, WRITE_KEY } from '../support/installation.ts'
import { createRandom, SEED } from '../support/random.ts'

const PROGRAM = fileURLToPath(new URL('../support/sdk-program.mjs', import.meta.url))
const DAY = 86_400_000
/** A thousand take two minutes of two cores, a hundred ten seconds; NORTHSTAR_SDK_PROCESSES chooses. */
const PROCESSES = Number(process.env.NORTHSTAR_SDK_PROCESSES ?? 100)
/** How many programs are alive at once: each has 45 MB. */
const AT_ONCE = 100

interface Stored {
  readonly version: string
  readonly copies: number
  /** Epoch ms. */
  readonly at: number
  readonly user: string
}

let installation: Installation
let folder: TempFolder
let random: ReturnType<typeof createRandom>

beforeAll(async () => {
  random = createRandom(SEED)
  installation = await startEmbedded()
})
afterAll(() => installation?.remove())

async function withFolder(work: () => Promise<void>): Promise<void> {
  const made = await tempFolder('sdk')
  folder = made
  try {
    await work()
  } finally {
    await made.remove()
  }
}

interface Run {
  readonly tag: string
  readonly count: number
  readonly url?: string
  readonly everyMs?: number
  readonly clockMs?: number
  readonly close?: boolean
  readonly detached?: boolean
}

const argumentsOf = (run: Run) => [PROGRAM, JSON.stringify({ url: installation.ingest, writeKey: WRITE_KEY, folder: folder.path, ...run })]

/** Runs a program to its end; resolves with how long that took, ms. */
async function run(options: Run): Promise<number> {
  const begun = performance.now()
  const child = spawn(process.execPath, argumentsOf(options), { stdio: 'ignore' })
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  expect(code).toBe(0)
  return performance.now() - begun
}

/** The pause after failed attempts, of up to five minutes, is over. */
const endPause = () => rmSync(join(folder.path, 'pause'), { force: true })

const waiting = () => readdirSync(folder.path).filter(name => /\.(?:open|ndjson)$/.test(name))

/** Waits until the spool is empty, and returns the stored events of a tag. */
async function stored(tag: string, count: number): Promise<readonly Stored[]> {
  await eventually(() => waiting().length === 0, { timeoutMs: 60_000 })
  const statement = `SELECT version, count() AS copies, toUnixTimestamp64Milli(max(timestamp)) AS at, toString(any(user_id)) AS user
    FROM ${installation.product.database}_views.command_generated WHERE startsWith(version, '${tag}-') GROUP BY version`
  let rows: readonly Stored[] = []
  await eventually(
    async () => {
      const { stdout, stderr } = await installation.command(['sql', statement, '--json'])
      if (stderr) throw new Error(stderr)
      rows = (JSON.parse(stdout) as { data: readonly Stored[] }).data
      return rows.length >= count
    },
    { timeoutMs: 30_000 },
  )
  return rows
}

const versions = (tag: string, count: number) => Array.from({ length: count }, (_, i) => `${tag}-${i}`)

function expectOnce(rows: readonly Stored[], recorded: readonly string[]): void {
  expect(rows.filter(({ copies }) => Number(copies) !== 1)).toEqual([])
  const known = new Set(rows.map(({ version }) => version))
  expect(recorded.filter(version => !known.has(version))).toEqual([])
}

test('a program that ends at once sends by a process of its own, whether it closes or not', () =>
  withFolder(async () => {
    await run({ tag: 'short', count: 3 })
    expectOnce(await stored('short', 3), versions('short', 3))
    await run({ tag: 'open', count: 3, close: false })
    expectOnce(await stored('open', 3), versions('open', 3))
  }))

test('programs killed while they flush, over connections that break, lose and double nothing', () =>
  withFolder(async () => {
    const proxy = await startCuttingProxy({ host: '127.0.0.1', port: Number(new URL(installation.ingest).port) })
    const url = `http://127.0.0.1:${proxy.port}`
    const recorded: string[] = []
    try {
      for (let kill = 0; kill < 8; kill++) {
        const tag = `kill-${kill}`
        endPause()
        proxy.cutNext(kill % 2 === 0 ? 'before_reply' : 'mid_request')
        const [command, ...args] = [process.execPath, ...argumentsOf({ tag, count: 10_000, everyMs: 2, url })]
        const child = await spawnProcess(command ?? '', args)
        await child.line(new RegExp(`${tag}-${30 + random.below(100)}\n`))
        expect((await child.kill()).signal).toBe('SIGKILL')
        recorded.push(...child.stdout.split('\n').filter(line => line !== ''))
      }
      expect(proxy.cuts).toBeGreaterThan(3)
    } finally {
      await proxy.stop()
    }
    endPause()
    await run({ tag: 'kill-end', count: 1 })
    expectOnce(await stored('kill', recorded.length), recorded)
  }))

test('events of a day offline keep their time', () =>
  withFolder(async () => {
    const port = await freePort()
    const url = `http://127.0.0.1:${port}`
    for (let i = 0; i < 4; i++) await run({ tag: `offline-${i}`, count: 5, url, clockMs: -DAY, detached: false })
    expect(waiting().length).toBeGreaterThan(3)
    const network = createServer(socket => {
      const onward = connect(Number(new URL(installation.ingest).port))
      socket.pipe(onward).pipe(socket)
      for (const end of [socket, onward]) end.on('error', () => socket.destroy())
    }).listen(port, '127.0.0.1')
    try {
      endPause()
      await run({ tag: 'online', count: 1, url })
      const recorded = [0, 1, 2, 3].flatMap(i => versions(`offline-${i}`, 5))
      const rows = await stored('offline', recorded.length)
      expectOnce(rows, recorded)
      const ages = rows.map(({ at }) => Date.now() - Number(at))
      expect(Math.min(...ages)).toBeGreaterThan(DAY - 1_000)
      expect(Math.max(...ages)).toBeLessThan(DAY + 120_000)
    } finally {
      network.close()
    }
  }))

test.each([
  ['behind', -DAY],
  ['ahead', DAY],
])('the time of a clock that is a day %s is corrected', (name, clockMs) =>
  withFolder(async () => {
    await run({ tag: name, count: 40, everyMs: 5, clockMs })
    const rows = await stored(name, 40)
    expectOnce(rows, versions(name, 40))
    for (const { at } of rows) expect(Math.abs(Date.now() - Number(at))).toBeLessThan(60_000)
  }),
)

test(`${PROCESSES} programs that start at once lose and double nothing, and are one user`, { timeout: 300_000 }, () =>
  withFolder(async () => {
    const tags = Array.from({ length: PROCESSES }, (_, i) => `many-${i}`)
    const queue = [...tags]
    const worker = async () => {
      for (let tag = queue.shift(); tag !== undefined; tag = queue.shift()) await run({ tag, count: 3 })
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, PROCESSES) }, worker))
    // A sender that met a busy server leaves the rest to the next start.
    endPause()
    const sendsAll = async () => {
      await run({ tag: 'after', count: 1 })
      return eventually(() => waiting().length === 0, { timeoutMs: 10_000 }).then(
        () => true,
        () => false,
      )
    }
    await eventually(sendsAll, { timeoutMs: 120_000 })
    const rows = await stored('many', PROCESSES * 3)
    expectOnce(
      rows,
      tags.flatMap(tag => versions(tag, 3)),
    )
    const users = rows.map(({ user }) => user)
    expect(users.filter(user => user !== users[0])).toEqual([])
  }),
)
