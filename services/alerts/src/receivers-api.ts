import { type Labels, makeNotification, type Notification } from '@northstar/alerting'
import { nearest, ownEntry } from '@northstar/catalogue'
import { api, type Receiver } from '@northstar/http-api'
import { type Channel, type Notifying, type Outcome, targetProblem } from '@northstar/notifications'
import { type FastifyPluginAsync, HttpProblem, handle } from '@northstar/runtime'

export interface ReceiverRoutesDeps {
  readonly notifying: Notifying
  readonly channels: ReadonlyMap<string, Channel>
  readonly allowPrivateTargets: boolean
  readonly labels: Labels
  readonly now: () => number
}

type ChannelView = Receiver['channels'][number]

/** The receivers with missing settings, and `POST /v1/alerts/test-channel`, which sends a test. */
export function createReceiverRoutes(deps: ReceiverRoutesDeps): FastifyPluginAsync {
  const { notifying, channels } = deps

  function channelView(name: string): ChannelView {
    const { type = null, missing = [] } = ownEntry(notifying.off, name) ?? {}
    const config = ownEntry(notifying.channels, name)
    const refused = config ? targetProblem(config, deps.allowPrivateTargets) : null
    const lacks = missing.length > 0 ? `${missing.join(', ')} ${missing.length > 1 ? 'have' : 'has'} no value` : null
    const problem = refused ?? lacks
    return { channel: name, type: config?.type ?? type, state: config && problem === null ? 'on' : 'off', missing, problem }
  }

  function receiverView([receiver, names]: readonly [string, readonly string[]]): Receiver {
    const digest = notifying.digests.find(one => one.receiver === receiver)
    const views = [...new Set([...names, ...(digest?.channels ?? [])])].map(channelView)
    return { receiver, state: views.some(({ state }) => state === 'on') ? 'on' : 'off', digest: digest !== undefined, channels: views }
  }

  return async fastify => {
    handle(fastify, api.alerts.receivers, () => Promise.resolve({ receivers: Object.entries(notifying.receivers).map(receiverView) }))

    handle(fastify, api.alerts.testChannel, async ({ body: { channel: name } }) => {
      const channel = channels.get(name)
      if (!channel) {
        const { problem } = channelView(name)
        const known = [...channels.keys()].join(', ') || 'none'
        const near = nearest(name, channels.keys())
        const hint = near === undefined ? '' : `; did you mean "${near}"?`
        const reason = problem === null ? hint : ` (${problem})`
        throw new HttpProblem({ status: 404, detail: `The channel "${name}" is not available${reason}. Available channels: ${known}.` })
      }
      const notification = testNotification(deps.labels, name, deps.now())
      const recipients = channel.recipients.length > 0 ? channel.recipients : [undefined]
      const attempts = await Promise.all(
        recipients.map(async recipient => ({ recipient, outcome: await channel.send(notification, recipient) })),
      )
      return { channel: name, type: channel.type, ...outcomeOf(attempts) }
    })
  }
}

/** One outcome for all recipients: the first failure, with a reason that names each recipient that the message did not reach. */
function outcomeOf(attempts: readonly { readonly recipient: string | undefined; readonly outcome: Outcome }[]): Outcome {
  const failed = attempts.flatMap(({ recipient, outcome }) => (outcome.kind === 'ok' ? [] : [{ recipient, outcome }]))
  const [first] = failed
  if (!first) return { kind: 'ok' }
  const reasons = failed.map(({ recipient, outcome }) => (recipient === undefined ? outcome.reason : `${recipient}: ${outcome.reason}`))
  return { ...first.outcome, reason: reasons.join('; ') }
}

function testNotification(labels: Labels, channel: string, at: number): Notification {
  const alert = {
    fingerprint: '0000000000000000',
    rule: 'test_alert',
    severity: 'P3' as const,
    labels: { ...labels, alertname: 'test_alert', severity: 'P3', test: 'true' },
    annotations: { summary: 'This is a test from Northstar. The channel works.' },
    startsAt: at,
    endsAt: null,
    value: null,
    threshold: null,
  }
  return makeNotification(
    { key: `test:${channel}`, labels: {}, createdAt: at, seq: 0 },
    { kind: 'alerts', reason: 'test', receiver: channel, alerts: [alert], createdAt: at },
  )
}
