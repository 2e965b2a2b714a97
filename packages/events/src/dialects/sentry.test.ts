import { describe, expect, it } from 'vitest'
import { read } from './parsing.test-data.ts'

describe('Sentry', () => {
  const PATH = '/api/1/envelope'
  const head = { event_id: '9ec79c33ec9942ab8353589fcb2e04dc', sent_at: '2026-03-01T11:59:59Z', dsn: 'https://dsnkey@northstar.example/1' }
  const crash = {
    event_id: '9ec79c33ec9942ab8353589fcb2e04dc',
    timestamp: 1_772_366_390.5,
    level: 'error',
    release: 'caro@1.1.0',
    user: { id: 'ann', email: 'ann@example.org' },
    tags: { session_id: 's-1' },
    contexts: { os: { name: 'macOS' } },
    exception: {
      values: [
        {
          type: 'TypeError',
          value: 'cannot open /home/ann/secret',
          mechanism: { type: 'onuncaughtexception', handled: false },
          stacktrace: { frames: [{ function: 'main', filename: '/home/ann/app.js' }, { function: 'parse' }, {}] },
        },
      ],
    },
  }
  const expected = {
    event: 'crash',
    id: '9ec79c33ec9942ab8353589fcb2e04dc',
    timestamp: 1_772_366_390_500,
    user_id: 'ann',
    session_id: 's-1',
    properties: { platform: 'macos', version: '1.1.0', stack_trace: 'TypeError\n  at ?\n  at parse\n  at main' },
  }
  const lines = (...parts: readonly unknown[]) =>
    `${parts.map(part => (typeof part === 'string' ? part : JSON.stringify(part))).join('\n')}\n`

  it('an unhandled error is a crash; handled ones, sessions and reports are ignored', () => {
    const handled = { ...crash, exception: { values: [{ type: 'Error', mechanism: { handled: true } }] } }
    const session = JSON.stringify({ sid: 'x', status: 'ok' })
    const body = lines(head, { type: 'event' }, crash, { type: 'session', length: session.length }, session, { type: 'event' }, handled)
    expect(read(PATH, body, { type: '' })).toEqual({
      dialect: 'sentry',
      events: [expected, 'ignored', 'ignored'],
      keys: ['dsnkey'],
      sentAt: Date.parse('2026-03-01T11:59:59Z'),
      unmapped: ['session', 'event that is no crash'],
    })
  })

  it.each([
    'transaction',
    'attachment',
    'session',
    'sessions',
    'feedback',
    'user_report',
    'client_report',
    'replay_event',
    'replay_recording',
    'profile',
    'profile_chunk',
    'check_in',
    'statsd',
    'span',
    'log',
    'trace_metric',
  ])('an item of the type %s is ignored by its name, whatever bytes it has', type => {
    const payload = 'two\nlines {'
    const body = lines(head, { type, length: payload.length }, payload, { type: 'event' }, crash)
    expect(read(PATH, body)).toMatchObject({ events: ['ignored', expected], unmapped: [type] })
  })

  it('a fatal message without an exception is a crash, whatever the form of tags', () => {
    const fatal = { event_id: 'f', level: 'fatal', tags: [['session.id', 's-2']], user: { id: 7 } }
    expect(read(PATH, lines({}, { type: 'event' }, fatal)).events).toEqual([
      { event: 'crash', id: 'f', timestamp: undefined, user_id: '7', session_id: 's-2', properties: {} },
    ])
  })

  it('an item with a length may hold line ends, and needs none after it', () => {
    const pretty = JSON.stringify(crash, null, 2)
    const body = `${JSON.stringify(head)}\n${JSON.stringify({ type: 'event', length: pretty.length })}\n${pretty}`
    expect(read(PATH, body).events).toEqual([expected])
  })

  it.each([
    ['the header', { 'x-sentry-auth': 'Sentry sentry_version=7, sentry_key=abc123, sentry_client=sentry.javascript.node/11' }, {}],
    ['the query', {}, { sentry_key: 'abc123' }],
  ])('the key may be in %s', (_, headers, query) => {
    expect(read(PATH, lines({}, { type: 'event' }, crash), { headers, query }).keys).toEqual(['abc123'])
  })

  it.each([
    ['no JSON', 'hello'],
    ['an item that is longer than the body', lines({}, { type: 'event', length: 500 }, crash).slice(0, 60)],
    ['an item that is no JSON', lines({}, { type: 'event' }, '{"event_id":')],
  ])('%s is malformed', (_, body) => {
    expect(read(PATH, body).fault).toBe('malformed')
  })

  it('texts of the wrong type are left out', () => {
    const odd = {
      ...crash,
      release: 7,
      contexts: { os: { name: { toString: 1 } } },
      tags: [[{ toString: 1 }, 2]],
      exception: [{ type: {}, mechanism: { handled: false } }],
    }
    expect(read(PATH, lines({}, { type: 'event' }, odd)).events).toMatchObject([{ properties: { stack_trace: 'Error' } }])
  })
})
