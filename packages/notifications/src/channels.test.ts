import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Notification } from '@northstar/alerting'
import { type ReceivedRequest, type Receiver, startReceiver } from '@northstar/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ChannelConfig, Outcome } from './channel.ts'
import { createChannel } from './channels/registry.ts'
import { channelsFile } from './channels-section.ts'
import { verifySignature } from './contract/signature.ts'
import { retryAfterMs } from './deliver.ts'
import { createHttpSend } from './http-send.ts'
import { alertOf, NOW, notificationOf } from './notification.test-data.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

let receiver: Receiver
const http = createHttpSend({ allowPrivateTargets: true, timeoutMs: 500 })
beforeAll(async () => {
  receiver = await startReceiver()
})
beforeEach(() => {
  receiver.clear()
  receiver.otherwise(200)
})
afterAll(async () => {
  http.close()
  await receiver.stop()
})

const resolved = () => notificationOf([alertOf({ endsAt: NOW })])
const acknowledged = () => notificationOf(undefined, { kind: 'acknowledged', reason: 'acknowledged' })

function configOf(fields: Record<string, unknown>): ChannelConfig {
  const file = { channels: { one: { url: receiver.url, ...fields } }, receivers: { all: ['one'] }, route: { receiver: 'all' } }
  const { one } = channelsFile.parse(file).channels
  if (!one) throw new Error('the channel is missing')
  return one
}

function channelOf(fields: Record<string, unknown>) {
  const deps = { http, now: () => NOW, publicUrl: 'https://northstar.example', allowPrivateTargets: true, defaultWebhookSecret: SECRET }
  return createChannel(configOf(fields), deps)
}

async function exchange(
  fields: Record<string, unknown>,
  sent: Notification,
): Promise<{ outcome: Outcome; requests: readonly ReceivedRequest[] }> {
  receiver.clear()
  const outcome = await channelOf(fields).send(sent)
  return { outcome, requests: [...receiver.requests] }
}

const KINDS: Record<string, Record<string, unknown>> = {
  webhook: { type: 'webhook' },
  pagerduty: { type: 'pagerduty', routing_key: 'R0UT1NGKEY' },
  opsgenie: { type: 'opsgenie', api_key: 'genie-key', responders: [{ type: 'team', name: 'core' }] },
  slack: { type: 'slack' },
  discord: { type: 'discord' },
  sms: { type: 'sms', account_sid: 'AC1', auth_token: 'token', from: '+15550001', to: ['+15550002', '+15550003'] },
  x: { type: 'x', access_token: 'x-token' },
}

describe.each(Object.entries(KINDS))('%s', (_, fields) => {
  it('returns ok, retry (after the named time) or failed', async () => {
    expect((await exchange(fields, notificationOf())).outcome).toEqual({ kind: 'ok' })
    receiver.script({ status: 429, headers: { 'retry-after': '7' } })
    expect(await channelOf(fields).send(notificationOf())).toMatchObject({ kind: 'retry', afterMs: 7_000 })
    receiver.script(500)
    expect(await channelOf(fields).send(notificationOf())).toMatchObject({ kind: 'retry' })
    receiver.script('hang')
    expect(await channelOf(fields).send(notificationOf())).toEqual({ kind: 'retry', reason: 'could not be reached: timeout' })
    receiver.script('reset')
    expect(await channelOf(fields).send(notificationOf())).toMatchObject({ kind: 'retry' })
    receiver.script(400)
    expect(await channelOf(fields).send(notificationOf())).toEqual({ kind: 'failed', reason: 'answered 400' })
    receiver.script({ status: 302, headers: { location: receiver.url } })
    expect(await channelOf(fields).send(notificationOf())).toMatchObject({ kind: 'failed' })
  })

  it('sends the same in every attempt', async () => {
    const first = await exchange(fields, notificationOf())
    const second = await exchange(fields, notificationOf())
    expect(second.requests.map(request => request.body)).toEqual(first.requests.map(request => request.body))
  })
})

describe('the requests to each vendor', () => {
  it('webhook: Alertmanager’s version 4, signed', async () => {
    const schema = z.strictObject({
      version: z.literal('4'),
      groupKey: z.string(),
      truncatedAlerts: z.int(),
      status: z.enum(['firing', 'resolved']),
      receiver: z.string(),
      groupLabels: z.record(z.string(), z.string()),
      commonLabels: z.record(z.string(), z.string()),
      commonAnnotations: z.record(z.string(), z.string()),
      externalURL: z.url(),
      alerts: z.array(
        z.strictObject({
          status: z.enum(['firing', 'resolved']),
          labels: z.record(z.string(), z.string()),
          annotations: z.record(z.string(), z.string()),
          startsAt: z.iso.datetime(),
          endsAt: z.iso.datetime(),
          generatorURL: z.url(),
          fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
        }),
      ),
    })
    for (const [sent, status] of [
      [notificationOf(), 'firing'],
      [resolved(), 'resolved'],
    ] as const) {
      const { requests } = await exchange({ type: 'webhook' }, sent)
      const [request] = requests
      expect(schema.parse(request?.json()).status).toBe(status)
      expect(request?.headers['webhook-id']).toBe(sent.id)
      expect(verifySignature(SECRET, request?.headers ?? {}, request?.body.toString() ?? '', NOW)).toBe(true)
      expect(verifySignature(SECRET, request?.headers ?? {}, `${request?.body.toString()} `, NOW)).toBe(false)
      expect(verifySignature(SECRET, request?.headers ?? {}, request?.body.toString() ?? '', NOW + 301_000)).toBe(false)
    }
  })

  it('pagerduty: Events v2, one key from trigger to resolve', async () => {
    const payload = z.object({
      summary: z.string().max(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime(),
    })
    const schema = z.object({
      routing_key: z.literal('R0UT1NGKEY'),
      event_action: z.enum(['trigger', 'acknowledge', 'resolve']),
      dedup_key: z.string().min(1).max(255),
      payload: payload.optional(),
    })
    const events = []
    for (const sent of [notificationOf(), acknowledged(), resolved()]) {
      const { requests } = await exchange(KINDS.pagerduty ?? {}, sent)
      events.push(schema.parse(requests[0]?.json()))
    }
    expect(events.map(event => event.event_action)).toEqual(['trigger', 'acknowledge', 'resolve'])
    expect(new Set(events.map(event => event.dedup_key)).size).toBe(1)
    expect(events[0]?.payload?.severity).toBe('critical')
  })

  it('opsgenie: create, acknowledge and close by alias', async () => {
    const fields = KINDS.opsgenie ?? {}
    const [created] = (await exchange(fields, notificationOf())).requests
    expect(created?.path).toBe('/v2/alerts')
    expect(created?.headers.authorization).toBe('GenieKey genie-key')
    expect(created?.json()).toMatchObject({ alias: '00f1e2d3c4b5a697', priority: 'P1', responders: [{ type: 'team', name: 'core' }] })
    expect(z.object({ message: z.string().max(130) }).safeParse(created?.json()).success).toBe(true)
    expect((await exchange(fields, acknowledged())).requests[0]?.path).toBe('/v2/alerts/00f1e2d3c4b5a697/acknowledge?identifierType=alias')
    expect((await exchange(fields, resolved())).requests[0]?.path).toBe('/v2/alerts/00f1e2d3c4b5a697/close?identifierType=alias')
  })

  it('slack: blocks within their limits, markup escaped', async () => {
    const many = notificationOf(Array.from({ length: 30 }, () => alertOf({ annotations: { summary: 'x'.repeat(5_000) } })))
    const block = z.object({ type: z.string(), text: z.object({ text: z.string().max(3_000) }).optional() })
    const schema = z.object({ text: z.string(), blocks: z.array(block).max(50) })
    for (const sent of [notificationOf(), acknowledged(), resolved(), many]) {
      const { requests } = await exchange({ type: 'slack' }, sent)
      schema.parse(requests[0]?.json())
    }
    const { requests } = await exchange({ type: 'slack' }, notificationOf())
    expect(requests[0]?.body.toString()).toContain('Roll back &lt;now&gt; &amp; here')
  })

  it('discord: embeds within their limits, without mentions', async () => {
    const annotations = { summary: 'x'.repeat(5_000), description: 'y'.repeat(9_000) }
    const many = notificationOf(Array.from({ length: 30 }, () => alertOf({ annotations })))
    const embed = z.object({ title: z.string().max(256), description: z.string().max(4_096), color: z.int(), timestamp: z.iso.datetime() })
    const schema = z.object({
      content: z.string().max(2_000),
      allowed_mentions: z.object({ parse: z.array(z.string()).length(0) }),
      embeds: z.array(embed).max(10),
    })
    for (const sent of [notificationOf(), acknowledged(), resolved(), many]) {
      const { requests } = await exchange({ type: 'discord' }, sent)
      const body = schema.parse(requests[0]?.json())
      expect(body.embeds.reduce((sum, one) => sum + one.title.length + one.description.length, 0)).toBeLessThanOrEqual(6_000)
    }
  })

  it('sms: a form for the number asked for, with Basic credentials', async () => {
    const channel = channelOf(KINDS.sms ?? {})
    expect(channel.recipients).toEqual(['+15550002', '+15550003'])
    receiver.clear()
    for (const number of channel.recipients) await channel.send(notificationOf(), number)
    const requests = [...receiver.requests]
    expect(requests[0]?.path).toBe('/2010-04-01/Accounts/AC1/Messages.json')
    expect(requests.map(request => new URLSearchParams(request.body.toString()).get('To'))).toEqual(['+15550002', '+15550003'])
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('AC1:token').toString('base64')}`)
  })

  it('x: a post of at most 280 characters; the same twice counts as there', async () => {
    const { requests } = await exchange(KINDS.x ?? {}, notificationOf([alertOf({ annotations: { summary: 'long '.repeat(200) } })]))
    expect(requests[0]?.path).toBe('/2/tweets')
    expect(z.object({ text: z.string().refine(text => Array.from(text).length <= 280) }).safeParse(requests[0]?.json()).success).toBe(true)
    receiver.script({ status: 403, body: '{"detail":"You are not allowed to create a Tweet with duplicate content."}' })
    expect(await channelOf(KINDS.x ?? {}).send(notificationOf())).toEqual({ kind: 'ok' })
  })
})

describe('templates', () => {
  it('replace a channel’s texts; lines without values are omitted', async () => {
    const template = {
      title: '{{ severity }} {{ labels.component }}: {{ count }}',
      text: '{{ summary | upper }}\nRunbook {{ annotations.none }}',
    }
    const { requests } = await exchange({ type: 'slack', template }, notificationOf())
    const { text, blocks } = z
      .object({ text: z.string(), blocks: z.array(z.looseObject({ text: z.object({ text: z.string() }).optional() })) })
      .parse(requests[0]?.json())
    expect(text).toBe('P0 commands: 1')
    expect(blocks[1]?.text?.text).toBe('ERROR RATE 37% IS ABOVE 10%')
    const pager = await exchange({ ...KINDS.pagerduty, template: { title: '{{ alertname }} is {{ state }}' } }, notificationOf())
    expect(pager.requests[0]?.json()).toMatchObject({ payload: { summary: 'high_error_rate is Firing' } })
  })

  it('are refused with unknown variables, and if the body is fixed', () => {
    expect(() => configOf({ type: 'slack', template: { title: '{{ unknown }}' } })).toThrow('unknown template variable')
    expect(() => configOf({ type: 'webhook', template: { title: 'x' } })).toThrow('template')
  })
})

describe('an answer', () => {
  it('is judged by its status, even if its body never ends or is incomplete', async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/failing' ? 503 : 200)
      response.write('one moment')
      if (request.url === '/breaks') setTimeout(() => response.destroy(), 20)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const outcomeAt = (path: string) => channelOf({ type: 'webhook', url: `http://127.0.0.1:${port}${path}` }).send(notificationOf())
    expect(await outcomeAt('/endless')).toEqual({ kind: 'ok' })
    expect(await outcomeAt('/breaks')).toEqual({ kind: 'ok' })
    expect(await outcomeAt('/failing')).toMatchObject({ kind: 'retry', reason: 'answered 503' })
    server.closeAllConnections()
    server.close()
  })
})

describe('Retry-After', () => {
  it('is seconds or a date, never negative, at most an hour', () => {
    expect(retryAfterMs('120', NOW)).toBe(120_000)
    expect(retryAfterMs('Tue, 20 Jan 2026 12:00:30 GMT', NOW)).toBe(30_000)
    expect(retryAfterMs('Tue, 20 Jan 2026 11:00:00 GMT', NOW)).toBe(0)
    expect(retryAfterMs('999999', NOW)).toBe(3_600_000)
    expect(retryAfterMs('soon', NOW)).toBeUndefined()
    expect(retryAfterMs(undefined, NOW)).toBeUndefined()
  })
})
