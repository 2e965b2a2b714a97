import { once } from 'node:events'
import { createServer } from 'node:net'
import { type ReceivedRequest, startReceiver } from '@northstar/testkit'
import { z } from 'zod'

/** What a vendor was asked to do, or a mail that was handed in. */
export interface VendorEvent {
  readonly vendor: string
  readonly action: 'trigger' | 'acknowledge' | 'resolve'
  /** What joins an end to its beginning, where the vendor knows such a thing. */
  readonly key: string | null
  /** The words that people see. */
  readonly text: string
}

export interface Vendors {
  /** `http://127.0.0.1:port`: each vendor lies below `/NAME`. */
  readonly url: string
  readonly smtp: string
  readonly events: readonly VendorEvent[]
  /** Requests that a vendor's documents do not allow. */
  readonly refused: readonly string[]
  stop(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body?: unknown
}
type Vendor = (request: ReceivedRequest, path: string) => { readonly events: readonly VendorEvent[]; readonly answer: Answer }

/** Events API v2: payload is asked for by triggers alone; fields and lengths as in its reference. */
const pagerduty = z.discriminatedUnion('event_action', [
  z.object({
    event_action: z.literal('trigger'),
    routing_key: z.string().length(32),
    dedup_key: z.string().min(1).max(255),
    client: z.string().optional(),
    client_url: z.url().optional(),
    links: z.array(z.strictObject({ href: z.url(), text: z.string() })).optional(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1_024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime().optional(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
  ...(['acknowledge', 'resolve'] as const).map(action =>
    z.object({ event_action: z.literal(action), routing_key: z.string().length(32), dedup_key: z.string().min(1).max(255) }),
  ),
])

const opsgenieAlert = z.strictObject({
  message: z.string().min(1).max(130),
  alias: z.string().max(512).optional(),
  description: z.string().max(15_000).optional(),
  responders: z.array(z.object({ type: z.enum(['team', 'user', 'escalation', 'schedule']), name: z.string() })).optional(),
  tags: z.array(z.string().max(50)).max(20).optional(),
  details: z.record(z.string(), z.string()).optional(),
  entity: z.string().max(512).optional(),
  source: z.string().max(100).optional(),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']).optional(),
})
const opsgenieAction = z.strictObject({
  user: z.string().max(100).optional(),
  source: z.string().max(100).optional(),
  note: z.string().optional(),
})

const slackText = z.union([
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(3_000), emoji: z.boolean().optional() }),
  z.strictObject({ type: z.literal('mrkdwn'), text: z.string().min(1).max(3_000) }),
])
const slack = z.strictObject({
  text: z.string().min(1).max(40_000),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('header'),
          text: z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150), emoji: z.boolean().optional() }),
        }),
        z.strictObject({ type: z.literal('section'), text: slackText }),
        z.strictObject({ type: z.literal('context'), elements: z.array(slackText).min(1).max(10) }),
      ]),
    )
    .max(50),
})

const discord = z
  .strictObject({
    username: z.string().max(80).optional(),
    content: z.string().max(2_000),
    allowed_mentions: z.object({ parse: z.array(z.enum(['roles', 'users', 'everyone'])) }).optional(),
    embeds: z
      .array(
        z.strictObject({
          title: z.string().max(256),
          description: z.string().max(4_096),
          color: z.int().min(0).max(0xffffff),
          timestamp: z.iso.datetime(),
        }),
      )
      .max(10),
  })
  .refine(({ embeds }) => embeds.reduce((sum, one) => sum + one.title.length + one.description.length, 0) <= 6_000)

const labels = z.record(z.string().regex(/^[a-zA-Z_]\w*$/), z.string())
const alertmanager = z
  .array(z.strictObject({ labels, annotations: labels, startsAt: z.iso.datetime(), endsAt: z.iso.datetime(), generatorURL: z.url() }))
  .min(1)
const webhook = z.strictObject({
  version: z.literal('4'),
  groupKey: z.string(),
  truncatedAlerts: z.int(),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string(),
  groupLabels: labels,
  commonLabels: labels,
  commonAnnotations: labels,
  externalURL: z.url(),
  alerts: z.array(
    z.strictObject({
      status: z.enum(['firing', 'resolved']),
      labels,
      annotations: labels,
      startsAt: z.iso.datetime(),
      endsAt: z.iso.datetime(),
      generatorURL: z.url(),
      fingerprint: z.string().regex(/^[0-9a-f]{16}$/),
    }),
  ),
})
const twilio = z.strictObject({ To: z.string().regex(/^\+[1-9]\d{1,14}$/), From: z.string(), Body: z.string().min(1).max(1_600) })
const x = z.strictObject({ text: z.string().refine(text => Array.from(text).length <= 280) })

/** What people read of a message that has no field for what it is about. */
function actionIn(text: string): VendorEvent['action'] {
  if (text.includes('[ACKNOWLEDGED]')) return 'acknowledge'
  return /\[RESOLVED\]|^Resolved/.test(text) ? 'resolve' : 'trigger'
}

const VENDORS: Readonly<Record<string, Vendor>> = {
  pagerduty(request) {
    const body = pagerduty.parse(request.json())
    const text = 'payload' in body ? body.payload.summary : ''
    const event = { vendor: 'pagerduty', action: body.event_action, key: body.dedup_key, text }
    return { events: [event], answer: { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: body.dedup_key } } }
  },
  opsgenie(request, path) {
    if (!/^GenieKey .+/.test(request.headers.authorization ?? '')) throw new Error('no GenieKey')
    const answer = { status: 202, body: { result: 'Request will be processed', took: 0.1, requestId: 'r' } }
    if (path === '/v2/alerts') {
      const body = opsgenieAlert.parse(request.json())
      return { events: [{ vendor: 'opsgenie', action: 'trigger', key: body.alias ?? null, text: body.message }], answer }
    }
    const [, alias = '', verb = ''] = /^\/v2\/alerts\/([^/]+)\/(acknowledge|close)\?identifierType=alias$/.exec(path) ?? []
    if (verb === '') throw new Error(`no such path: ${path}`)
    opsgenieAction.parse(request.json())
    return { events: [{ vendor: 'opsgenie', action: verb === 'close' ? 'resolve' : 'acknowledge', key: alias, text: '' }], answer }
  },
  slack(request) {
    const { text, blocks } = slack.parse(request.json())
    const said = blocks.map(block => ('text' in block ? block.text.text : '')).join('\n')
    return { events: [{ vendor: 'slack', action: actionIn(text), key: null, text: said }], answer: { status: 200, body: 'ok' } }
  },
  discord(request) {
    const { content, embeds } = discord.parse(request.json())
    const text = [content, ...embeds.flatMap(one => [one.title, one.description])].join('\n')
    return { events: [{ vendor: 'discord', action: actionIn(content), key: null, text }], answer: { status: 204 } }
  },
  alertmanager(request, path) {
    if (path !== '/api/v2/alerts') throw new Error(`no such path: ${path}`)
    const events = alertmanager.parse(request.json()).map(
      (alert): VendorEvent => ({
        vendor: 'alertmanager',
        action: Date.parse(alert.endsAt) > request.at ? 'trigger' : 'resolve',
        key: JSON.stringify(alert.labels),
        text: alert.annotations.summary ?? '',
      }),
    )
    return { events, answer: { status: 200 } }
  },
  webhook(request) {
    if (!/^v1,/.test(String(request.headers['webhook-signature']))) throw new Error('not signed')
    const events = webhook.parse(request.json()).alerts.map(
      (alert): VendorEvent => ({
        vendor: 'webhook',
        action: alert.status === 'firing' ? 'trigger' : 'resolve',
        key: alert.fingerprint,
        text: alert.annotations.summary ?? '',
      }),
    )
    return { events, answer: { status: 200 } }
  },
  sms(request, path) {
    if (!/^\/2010-04-01\/Accounts\/AC[0-9a-f]{32}\/Messages\.json$/.test(path)) throw new Error(`no such path: ${path}`)
    if (!/^Basic .+/.test(request.headers.authorization ?? '')) throw new Error('no credentials')
    const { Body } = twilio.parse(Object.fromEntries(new URLSearchParams(request.body.toString())))
    return { events: [{ vendor: 'sms', action: actionIn(Body), key: null, text: Body }], answer: { status: 201, body: { sid: 'SM1' } } }
  },
  x(request, path) {
    if (path !== '/2/tweets') throw new Error(`no such path: ${path}`)
    if (!/^Bearer .+/.test(request.headers.authorization ?? '')) throw new Error('no token')
    const { text } = x.parse(request.json())
    return {
      events: [{ vendor: 'x', action: actionIn(text), key: null, text }],
      answer: { status: 201, body: { data: { id: '1', text } } },
    }
  },
}

/** Recording stand-ins for the vendors, which take what the vendors' documents allow and answer as they do. */
export async function startVendors(): Promise<Vendors> {
  const events: VendorEvent[] = []
  const refused: string[] = []
  const receiver = await startReceiver()
  receiver.otherwise(request => {
    const [, name = '', path = ''] = /^\/([a-z]+)(\/.*)?$/.exec(request.path) ?? []
    try {
      const vendor = VENDORS[name]
      if (!vendor) throw new Error('no such vendor')
      const { events: seen, answer } = vendor(request, path)
      events.push(...seen)
      return { status: answer.status, body: typeof answer.body === 'string' ? answer.body : answer.body ? JSON.stringify(answer.body) : '' }
    } catch (error) {
      refused.push(`${name}: ${error instanceof Error ? error.message : String(error)}: ${request.body.toString()}`)
      return { status: 400 }
    }
  })
  const mail = await startMailServer(text => {
    const subject = /^Subject: (.*)$/im.exec(text)?.[1] ?? ''
    if (!/^Message-ID: <.+@.+>$/im.test(text) || !/^To: .+@.+$/im.test(text)) refused.push(`email: ${text}`)
    events.push({ vendor: 'email', action: actionIn(subject), key: null, text: `${subject}\n${text}` })
  })
  return {
    url: receiver.url,
    smtp: `smtp://127.0.0.1:${mail.port}`,
    events,
    refused,
    async stop() {
      await receiver.stop()
      mail.stop()
    },
  }
}

export interface MailServer {
  readonly port: number
  stop(): void
}

/** A server that speaks as much SMTP as a client needs, and hands each message on. */
export async function startMailServer(onMail: (text: string) => void, answer = '250 taken'): Promise<MailServer> {
  const server = createServer(socket => {
    let mail: string | null = null
    socket.write('220 mail.example\r\n')
    socket.on('data', data => {
      for (const line of data.toString().split('\r\n')) {
        if (mail !== null) {
          if (line === '.') {
            onMail(mail)
            mail = null
            socket.write(`${answer}\r\n`)
          } else mail += `${line}\n`
        } else if (/^(EHLO|HELO|MAIL|RCPT)/i.test(line)) socket.write('250 ok\r\n')
        else if (/^DATA/i.test(line)) {
          mail = ''
          socket.write('354 go on\r\n')
        } else if (/^QUIT/i.test(line)) socket.end('221 bye\r\n')
      }
    })
    socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, stop: () => server.close() }
}
