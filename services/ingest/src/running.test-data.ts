import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadProduct } from '@northstar/catalogue'
import type { EventLog, LogRecord } from '@northstar/event-log'
import { openEmbeddedLog } from '@northstar/event-log/embedded'
import { createHttpServer, createLogger, createMetrics } from '@northstar/runtime'
import type { StateStore } from '@northstar/state'
import { openEmbeddedState } from '@northstar/state/embedded'
import { tempFolder } from '@northstar/testkit'
import { createIngest, INGEST_DEFAULTS, type Ingest, type IngestConfig } from './ingest.ts'

/** Of 32 bytes, as `NORTHSTAR_SECRET` makes it. */
export const SECRET = Buffer.alloc(32, 7)
/** Of letters that the address of a Sentry client may have. */
export const KEY = 'a_write_key_of_the_settings'

const PRODUCT = `name: demo
title: Demo
timezone: Europe/Prague
launch: 2026-01-15
`

const PLAN = `common:
  platform: { type: string, values: [macos, linux, windows] }
  version: { type: string, max_length: 64 }
events:
  run:
    description: The program ran.
    properties:
      category: { type: string, required: true, max_length: 64 }
      ok: { type: boolean }
  survey:
    description: A survey was answered.
    properties:
      rating: { type: integer, required: true, min: 1, max: 5 }
  crash:
    description: The program crashed.
    properties:
      stack_trace: { type: string, max_length: 16384 }
  stars:
    description: A sample of the number of stars.
    user: optional
    properties:
      value: { type: integer, required: true }
`

export interface RunningIngest {
  readonly url: string
  readonly ingest: Ingest
  readonly state: StateStore
  readonly log: EventLog
  /** Whether nothing may be published. */
  hold(value: boolean): void
  post(body: unknown, options?: PostOptions): Promise<Answer>
  /** As its health says. */
  bytesInFlight(): Promise<number>
  /** Every record of the log. */
  records(): Promise<readonly LogRecord[]>
  stop(): Promise<void>
}

export interface PostOptions {
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: {
    readonly accepted?: number
    readonly rejected?: readonly { index: number; code: string; field: string | null; message: string }[]
    readonly more_rejected?: Readonly<Record<string, number>>
    readonly status?: number
    readonly detail?: string
  }
}

/** Ingest behind a real HTTP server, over a log and a state that last for the test. */
export async function startIngest(config: Partial<IngestConfig> = {}, partitions = 3): Promise<RunningIngest> {
  const folder = await tempFolder('ingest')
  const product = join(folder.path, 'product')
  mkdirSync(product)
  writeFileSync(join(product, 'product.yaml'), PRODUCT)
  writeFileSync(join(product, 'tracking-plan.yaml'), PLAN)
  const { plan } = loadProduct(product, {}).catalogue
  const logger = createLogger('silent', 'test')
  const state = openEmbeddedState({ path: join(folder.path, 'state') })
  const log = await openEmbeddedLog({ folder: join(folder.path, 'log'), topic: 'test', partitions })
  const held = { value: false }
  const distribution = { start: async () => {}, stop() {}, partitions, isHeld: () => held.value }
  const deps = { plan, log, state, distribution, now: Date.now, logger, metrics: createMetrics() }
  const ingest = createIngest({ ...INGEST_DEFAULTS, writeKey: KEY, secret: SECRET, ...config }, deps)
  const http = createHttpServer({ host: '127.0.0.1', port: 0, logger, routes: [ingest.routes], health: async () => ({}) })
  await ingest.start()
  await http.start()
  const url = http.url()
  return {
    url,
    ingest,
    state,
    log,
    hold(value) {
      held.value = value
    },
    async post(body, { key = KEY, headers = {}, query = '' } = {}) {
      const response = await fetch(`${url}/v1/events${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key !== '' && { authorization: `Bearer ${key}` }), ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      })
      const text = await response.text()
      const json = /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : {}
      return { status: response.status, headers: response.headers, text, json }
    },
    async bytesInFlight() {
      return Number.parseInt((await ingest.health?.())?.reason.replace(/^\D*/, '') ?? '', 10)
    },
    async records() {
      const found: LogRecord[] = []
      for (let partition = 0; partition < log.partitions; partition++) {
        for await (const record of log.scan(partition, { offset: 0 })) found.push(record)
      }
      return found
    },
    async stop() {
      await http.stop()
      await ingest.stop()
      await log.close()
      await state.close()
      await folder.remove()
    },
  }
}
