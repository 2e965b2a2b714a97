import type { Alert, Notification } from '@northstar/alerting'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Article } from '../article.ts'
import type { Channel } from '../channel.ts'
import { startVendors, type Vendors } from '../contract/vendors.ts'
import { createHttpSend } from '../http-send.ts'
import * as samples from '../notification.test-data.ts'
import { channelTypes, createChannel } from './registry.ts'

// The stand-in for Alertmanager resolves alerts by its clock.
const NOW = Date.now()
const alertOf = (over: Partial<Alert> = {}) => samples.alertOf({ startsAt: NOW - 60_000, ...over })
const notificationOf = (alerts: readonly Alert[], over: Partial<Pick<Notification, 'kind' | 'reason'>> = {}) =>
  samples.notificationOf(alerts, { createdAt: NOW, ...over })

const http = createHttpSend({ allowPrivateTargets: true, timeoutMs: 2_000 })
let vendors: Vendors
beforeAll(async () => {
  vendors = await startVendors()
})
afterAll(async () => {
  http.close()
  await vendors.stop()
})

describe.each([...channelTypes.keys()])('the vendor of %s accepts', type => {
  const channel = (template?: object): Channel =>
    createChannel(channelTypes.get(type)?.schema.parse({ ...vendors.channels[type], ...(template && { template }) }) as { type: string }, {
      http,
      now: () => NOW,
      publicUrl: 'https://northstar.example',
      allowPrivateTargets: true,
      defaultWebhookSecret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    })
  const one = (alert: Alert, over?: Parameters<typeof notificationOf>[1]) => notificationOf([alert], over)

  it.each<[string, Notification]>([
    ['a firing alert', one(alertOf())],
    ['a resolved one', one(alertOf({ endsAt: NOW }))],
    ['an alert without a summary', one(alertOf({ annotations: {} }))],
    ['an alert with a blank summary', one(alertOf({ annotations: { summary: ' \n ', description: '' } }))],
    ['texts that are too long', one(alertOf({ annotations: { summary: '🙂'.repeat(9_000), description: 'y'.repeat(99_000) } }))],
    ['a test', one(alertOf(), { reason: 'test' })],
  ])('%s', async (_, notification) => {
    expect(await channel().send(notification)).toEqual({ kind: 'ok' })
    expect(vendors.refused).toEqual([])
  })

  it('many alerts, an acknowledgement and a digest, if it supports them', async () => {
    const many = Array.from({ length: 30 }, (_, i) => alertOf({ rule: `rule_${i}` }))
    const { unit, acknowledges, carriesDigests } = channel()
    if (unit === 'group') expect(await channel().send(notificationOf(many))).toEqual({ kind: 'ok' })
    if (acknowledges) expect(await channel().send(one(alertOf(), { kind: 'acknowledged', reason: 'acknowledged' }))).toEqual({ kind: 'ok' })
    if (carriesDigests) expect(await channel().send(notificationOf(many, { reason: 'digest' }))).toEqual({ kind: 'ok' })
    expect(vendors.refused).toEqual([])
  })

  it('an article of any size, if it supports them, with markup escaped', async () => {
    const article = (size: number): Article => ({
      id: 'f00f00f00f00f00f',
      title: `Daily Report ${'<b>'.repeat(size)}`,
      sections: Array.from({ length: size }, (_, i) => ({
        ...(i > 0 && { title: `Section ${i} *bold*` }),
        lines: Array.from({ length: size }, (_, line) => ({
          label: `Figure ${line}`,
          text: `${'🙂'.repeat(size)} [x](https://example.com) @everyone`,
        })),
      })),
      charts: [],
    })
    const { post } = channel()
    expect(post !== undefined).toBe(channelTypes.get(type)?.carriesArticles)
    for (const size of [1, 4, 60]) if (post) expect(await post(article(size))).toEqual({ kind: 'ok' })
    expect(vendors.refused).toEqual([])
  })

  it('a template without values', async () => {
    const { shape } = channelTypes.get(type)?.schema ?? { shape: {} }
    if (!('template' in shape)) return
    const blank = '{{ labels.nothing }}'
    const templates = [{ title: blank, text: blank }, { title: blank }, { text: blank }]
    const accepted = templates.find(template => channelTypes.get(type)?.schema.safeParse({ ...vendors.channels[type], template }).success)
    expect(await channel(accepted).send(one(alertOf()))).toEqual({ kind: 'ok' })
    expect(vendors.refused).toEqual([])
  })

  it('a test message that is recognisable', async () => {
    const before = vendors.events.length
    await channel().send(one(alertOf({ annotations: { summary: 'A test from Northstar' } }), { reason: 'test' }))
    const [first] = vendors.events.slice(before)
    expect(first?.action).toBe('trigger')
    expect(first?.text).toMatch(/test/i)
    expect(first?.text).not.toMatch(/resolved/i)
  })
})
