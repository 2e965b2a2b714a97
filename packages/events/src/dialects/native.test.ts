import { describe, expect, it } from 'vitest'
import { NATIVE_LIMITS, parseNative } from './native.ts'

const parse = (text: string | Uint8Array, format: 'json' | 'ndjson' = 'json') => parseNative(Buffer.from(text), format)

describe('parseNative', () => {
  it.each([
    ['one event', '{"event":"a"}', 'json', 1],
    ['an array', ' [{"event":"a"},{"event":"b"}] ', 'json', 2],
    ['what is no event, for the check to refuse', '[null,7]', 'json', 2],
    ['a byte order mark', '\ufeff{"event":"a"}', 'json', 1],
    ['lines', '{"event":"a"}\n\r\n{"event":"b"}\r\n', 'ndjson', 2],
    ['lines without an end', '{"event":"a"}\n{"event":"b"}', 'ndjson', 2],
    ['brackets in strings', `["${'['.repeat(100)}\\"{"]`, 'json', 1],
  ] as const)('takes %s', (_, text, format, count) => {
    const result = parse(text, format)
    expect(result.ok && result.events.length).toBe(count)
  })

  it.each([
    ['nothing', '', 'json', 'malformed'],
    ['spaces', '  ', 'json', 'malformed'],
    ['half an object', '{"event":', 'json', 'malformed'],
    ['a number', '7', 'json', 'malformed'],
    ['null', 'null', 'json', 'malformed'],
    ['an empty array', '[]', 'json', 'malformed'],
    ['200,000 brackets', '['.repeat(200_000) + ']'.repeat(200_000), 'json', 'malformed'],
    ['200,000 objects', '{"a":'.repeat(200_000), 'json', 'malformed'],
    ['deep lines', `${'['.repeat(1000)}\n`, 'ndjson', 'malformed'],
    ['blank lines', '\n \n\n', 'ndjson', 'malformed'],
    ['a bad line', '{"event":"a"}\nnope\n', 'ndjson', 'malformed'],
    ['broken UTF-8', Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d]), 'json', 'malformed'],
    ['a large event', JSON.stringify({ a: 'x'.repeat(70_000) }), 'json', 'too_large'],
    ['a large event in an array', JSON.stringify([{ a: 1 }, { a: 'x'.repeat(70_000) }, { a: 1 }]), 'json', 'too_large'],
    ['a large last event', JSON.stringify([{ a: 1 }, { a: 'x'.repeat(70_000) }]), 'json', 'too_large'],
    ['a large line', `${JSON.stringify({ a: 'x'.repeat(70_000) })}\n`, 'ndjson', 'too_large'],
    ['too many events', `[${'1,'.repeat(NATIVE_LIMITS.maxEvents)}1]`, 'json', 'too_large'],
    ['too many lines', '1\n'.repeat(NATIVE_LIMITS.maxEvents + 1), 'ndjson', 'too_large'],
  ] as const)('refuses %s', (_, text, format, code) => {
    const result = parse(text, format)
    expect(!result.ok && result.fault.code).toBe(code)
  })

  it('takes an event of just the size allowed', () => {
    const event = JSON.stringify({ a: 'x'.repeat(NATIVE_LIMITS.maxEventBytes - 8) })
    expect(event).toHaveLength(NATIVE_LIMITS.maxEventBytes)
    expect(parse(event).ok).toBe(true)
    expect(parse(`[${event},${event}]`).ok).toBe(true)
  })
})
