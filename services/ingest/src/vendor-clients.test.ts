import { decodeHead } from '@northstar/events'
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs'
import { Analytics } from '@segment/analytics-node'
import { createTransport, defaultStackParser, NodeClient, Scope } from '@sentry/node'
import { CloudEvent, emitterFor, HTTP, type Message, Mode } from 'cloudevents'
import { PostHog } from 'posthog-node'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FaultyProxy, startFaultyProxy } from './faulty-proxy.test-data.ts'
import { KEY, type RunningIngest, startIngest } from './running.test-data.ts'

const EVENTS = 10_000
/** Clients wait up to a second after each fault: few batches keep the test short. */
const BATCH = 500
/** Of clients that send each in a request of its own: 10,000 by `NORTHSTAR_SINGLE_EVENTS=10000`, which takes minutes. */
const SINGLE_EVENTS = Number(process.env.NORTHSTAR_SINGLE_EVENTS ?? 500)
const SINGLE_TIMEOUT_MS = Math.max(120_000, SINGLE_EVENTS * 60)

let at: RunningIngest
beforeEach(async () => {
  at = await startIngest()
})
afterEach(() => at.stop())

/** How many events the log holds, repeats left out, as its readers see them. */
async function distinctEvents(): Promise<number> {
  const seen = new Set<string>()
  for (const { headers } of await at.records()) {
    const head = decodeHead(headers)
    if (head.outcome !== 'ok') throw new Error(head.reason)
    const { ids } = head.value
    for (let i = 0; i < ids.length; i += 2) seen.add(`${ids[i]} ${ids[i + 1]}`)
  }
  return seen.size
}

/** Runs a client against the proxy and shows that each of its events is in the log once, whatever the proxy did. */
async function sendsEachOnce(refusal: number, count: number, send: (url: string) => Promise<void>): Promise<void> {
  const proxy: FaultyProxy = await startFaultyProxy(at.url, refusal)
  try {
    await send(proxy.url)
    expect(await distinctEvents()).toBe(count)
    for (const [fault, times] of Object.entries(proxy.faults)) expect(times, fault).toBeGreaterThan(2)
  } finally {
    await proxy.stop()
  }
}

const user = (i: number) => `user-${i % 500}`

it(
  'posthog-node',
  () =>
    sendsEachOnce(500, EVENTS, async url => {
      const client = new PostHog(KEY, {
        host: url,
        flushAt: BATCH,
        fetchRetryCount: 5,
        fetchRetryDelay: 20,
        maxBatchSize: BATCH,
        maxQueueSize: EVENTS * 2,
      })
      for (let i = 0; i < EVENTS; i++)
        client.capture({ event: 'run', distinctId: user(i), properties: { category: `c${i % 7}`, $session_id: 's' } })
      await client.shutdown(60_000)
    }),
  90_000,
)

it(
  '@segment/analytics-node',
  () =>
    sendsEachOnce(500, EVENTS, async url => {
      const client = new Analytics({ writeKey: KEY, host: url, flushAt: BATCH, maxRetries: 10 })
      for (let i = 0; i < EVENTS; i++)
        client.track({ event: 'run', userId: user(i), properties: { category: `c${i % 7}` }, context: { sessionId: 's' } })
      await client.closeAndFlush({ timeout: 60_000 })
    }),
  90_000,
)

it.each<[string, new (config: object) => LogRecordExporter]>([
  ['@opentelemetry/exporter-logs-otlp-http', JsonExporter],
  ['@opentelemetry/exporter-logs-otlp-proto', ProtobufExporter],
])(
  '%s',
  (_, Exporter) =>
    // An exporter retries after 503, and gives up at 500.
    sendsEachOnce(503, EVENTS, async url => {
      const exporter = new Exporter({ url: `${url}/v1/logs`, headers: { authorization: `Bearer ${KEY}` } })
      const processor = new BatchLogRecordProcessor({
        exporter,
        maxExportBatchSize: BATCH,
        maxQueueSize: EVENTS * 2,
        scheduledDelayMillis: 10,
      })
      const provider = new LoggerProvider({ processors: [processor], resource: resourceFromAttributes({ 'session.id': 's' }) })
      const logger = provider.getLogger('test')
      for (let i = 0; i < EVENTS; i++) logger.emit({ eventName: 'run', attributes: { category: `c${i % 7}`, 'user.id': user(i) } })
      await provider.forceFlush()
      await provider.shutdown()
    }),
  90_000,
)

it(
  '@sentry/node, with attempts of its own',
  () =>
    sendsEachOnce(500, SINGLE_EVENTS, async url => {
      const client = new NodeClient({
        dsn: url.replace('http://', `http://${KEY}@`).concat('/1'),
        integrations: [],
        stackParser: defaultStackParser,
        release: 'caro@1.1.0',
        transport: options =>
          createTransport({ ...options, bufferSize: SINGLE_EVENTS }, async ({ body }) => {
            for (;;) {
              const sent = { method: 'POST', headers: options.headers ?? {}, body: body as string }
              const answer = await fetch(options.url, sent).catch(() => undefined)
              if (answer?.status === 200) return { statusCode: 200 }
              if (answer && answer.status < 500) throw new Error(await answer.text())
            }
          }),
      })
      client.init()
      for (let i = 0; i < SINGLE_EVENTS; i++) {
        const scope = new Scope()
        scope.setClient(client)
        scope.setUser({ id: user(i) }).setTag('session_id', 's')
        scope.captureException(new Error('gone'), { mechanism: { handled: false, type: 'onuncaughtexception' } })
        if (i % 50 === 49) await client.flush(30_000)
      }
      await client.close(60_000)
    }),
  SINGLE_TIMEOUT_MS,
)

it.each([Mode.STRUCTURED, Mode.BINARY])(
  'cloudevents, %s, with attempts of its own',
  mode =>
    sendsEachOnce(500, SINGLE_EVENTS, async url => {
      const transport = async ({ headers, body }: Message) => {
        for (;;) {
          const sent = {
            method: 'POST',
            headers: { ...(headers as Record<string, string>), authorization: `Bearer ${KEY}` },
            body: body as string,
          }
          const answer = await fetch(`${url}/v1/events`, sent).catch(() => undefined)
          if (answer?.status === 202) return answer
          if (answer && answer.status < 500) throw new Error(await answer.text())
        }
      }
      const emit = emitterFor(transport, { mode, binding: HTTP })
      const events = Array.from(
        { length: SINGLE_EVENTS },
        (_, i) => new CloudEvent({ type: 'run', source: '/test', data: { user_id: user(i), category: `c${i % 7}` } }),
      )
      for (let i = 0; i < events.length; i += 20) await Promise.all(events.slice(i, i + 20).map(event => emit(event)))
    }),
  SINGLE_TIMEOUT_MS,
)
