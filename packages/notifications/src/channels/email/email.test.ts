import { afterAll, describe, expect, it } from 'vitest'
import { createHttpSend } from '../../http-send.ts'
import { NOW, notificationOf } from '../../notification.test-data.ts'
import { createChannel } from '../registry.ts'
import { emailArticle } from './article.ts'
import { type MailServerOptions, startMailServer } from './mail-server.test-data.ts'

const http = createHttpSend({ allowPrivateTargets: true })
const stops: (() => void)[] = [() => http.close()]
afterAll(() => {
  for (const stop of stops) stop()
})

const notification = notificationOf()

async function open(options: MailServerOptions = {}, credentials = '', to: string | string[] = 'b@example.com') {
  const mails: { text: string; to: readonly string[] }[] = []
  const server = await startMailServer((text, recipients) => mails.push({ text, to: [...recipients] }), options)
  stops.push(server.stop)
  return { ...server, mails, channel: channelOf(`smtp://${credentials}127.0.0.1:${server.port}`, to) }
}

function channelOf(smtp: string, to: string | string[] = 'b@example.com') {
  const config = { type: 'email', smtp, from: 'a@example.com', to: Array.isArray(to) ? to : [to] }
  const deps = { http, now: () => NOW, publicUrl: 'https://northstar.example', allowPrivateTargets: true, defaultWebhookSecret: '' }
  return createChannel(config, deps)
}

describe('email', () => {
  it('sends a mail whose message id is the same on every try, with a link to the alert', async () => {
    const { channel, mails } = await open()
    expect(await channel.send(notification)).toEqual({ kind: 'ok' })
    expect(await channel.send(notification)).toEqual({ kind: 'ok' })
    expect(mails).toHaveLength(2)
    const ids = mails.map(({ text }) => /^Message-ID: (.*)$/im.exec(text)?.[1])
    expect(ids[0]).toContain(notification.id)
    expect(ids[1]).toBe(ids[0])
    expect(mails[0]?.text).toContain('Subject: [FIRING:1] P0 Critical: high_error_rate')
    expect(mails[0]?.text.replace(/=\n/g, '')).toMatch(/https:\/\/northstar\.example\/alerts\?alert=(3D)?00f1e2d3c4b5a697/)
  })

  it('tries again after 4xx and a refused connection, not after 5xx', async () => {
    expect(await (await open({ answer: '451 later' })).channel.send(notification)).toMatchObject({ kind: 'retry' })
    const refusing = await open({ answer: '554 never' })
    expect(await refusing.channel.send(notification)).toMatchObject({ kind: 'failed', reason: 'answered 554' })
    expect(await channelOf('smtp://127.0.0.1:1').send(notification)).toMatchObject({ kind: 'retry' })
  })

  it('sends to each recipient alone, so that a refused or greylisted one delays no other', async () => {
    const answers: Record<string, string> = { 'no@example.com': '550 unknown', 'grey@example.com': '451 greylisted' }
    const to = ['no@example.com', 'grey@example.com', 'yes@example.com']
    const { channel, mails } = await open({ recipient: address => answers[address] ?? '250 ok' }, '', to)
    expect(channel.recipients).toEqual(to)
    const outcomes = []
    for (const recipient of channel.recipients) outcomes.push((await channel.send(notification, recipient)).kind)
    expect(outcomes).toEqual(['failed', 'retry', 'ok'])
    expect(mails.map(mail => mail.to)).toEqual([['yes@example.com']])
  })

  it('sends no credentials unencrypted if the server offers no STARTTLS', async () => {
    const { channel, mails, commands } = await open({ offers: ['AUTH PLAIN LOGIN'] }, 'ada:secret@')
    const outcome = await channel.send(notification)
    expect(outcome).toMatchObject({ kind: 'retry', reason: expect.stringContaining('no STARTTLS') as string })
    expect(mails).toEqual([])
    expect(commands.join('\n')).not.toMatch(/AUTH|secret|c2VjcmV0|AGFkYQBzZWNyZXQ/)
  })
})

it('an article keeps a verdict on the line of the word before it', async () => {
  const lines = [{ label: 'Crash rate', text: '2.8% (P3: 5) +2.6 pp ⚠️' }, { text: 'Ship it ✅ or not' }]
  const { html, text } = await emailArticle({ id: 'a', title: 'Weekly', sections: [{ lines }], charts: [] })
  expect(html).toContain('2.8% (P3: 5) +2.6\u00a0pp\u00a0⚠️</p>')
  expect(html).toContain('Ship it\u00a0✅ or not</p>')
  expect(text).toContain('+2.6 pp ⚠️')
})
