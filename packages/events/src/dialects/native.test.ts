import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ParsedBody } from './dialect.ts'
import { native } from './native.ts'

const LIMITS = { maxEventBytes: 64 * 1024, maxEvents: 50_000, maxDepth: 32 }

/** Runs the parser; the body and how often it let other work run. */
function run(text: string | Uint8Array, format: 'json' | 'ndjson' = 'json'): { readonly parsed: ParsedBody; readonly pauses: number } {
  const headers = { 'content-type': format === 'json' ? 'application/json' : 'application/x-ndjson' }
  const parsing = native.parse(Buffer.from(text), {
    path: '/v1/events',
    query: {},
    headers,
    receivedAt: 0,
    limits: LIMITS,
    declares: () => true,
  })
  for (let pauses = 0; ; pauses++) {
    const step = parsing.next()
    if (step.done) return { parsed: step.value, pauses }
  }
}
const parse = (text: string | Uint8Array, format: 'json' | 'ndjson' = 'json') => run(text, format).parsed

describe('the native dialect', () => {
  it.each([
    ['one event', '{"event":"a"}', 'json', 1],
    ['an array', ' [{"event":"a"},{"event":"b"}] ', 'json', 2],
    ['what is no event, for the check to refuse', '[null,7]', 'json', 2],
    ['a byte order mark', '\ufeff{"event":"a"}', 'json', 1],
    ['lines', '{"event":"a"}\n\r\n{"event":"b"}\r\n', 'ndjson', 2],
    ['lines among spaces', ' \t{"event":"a"} \n  \n\r\n {"event":"b"}  ', 'ndjson', 2],
    ['lines without an end', '{"event":"a"}\n{"event":"b"}', 'ndjson', 2],
    ['brackets in strings', `["${'['.repeat(100)}\\"{"]`, 'json', 1],
  ] as const)('takes %s', (_, text, format, count) => {
    const result = parse(text, format)
    expect(result.ok && result.batch.items.length).toBe(count)
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
    ['too many events', `[${'1,'.repeat(LIMITS.maxEvents)}1]`, 'json', 'too_large'],
    ['too many lines', '1\n'.repeat(LIMITS.maxEvents + 1), 'ndjson', 'too_large'],
  ] as const)('refuses %s', (_, text, format, code) => {
    const result = parse(text, format)
    expect(!result.ok && result.fault.code).toBe(code)
  })

  it('takes an event of just the size allowed', () => {
    const event = JSON.stringify({ a: 'x'.repeat(LIMITS.maxEventBytes - 8) })
    expect(event).toHaveLength(LIMITS.maxEventBytes)
    expect(parse(event).ok).toBe(true)
    expect(parse(`[${event},${event}]`).ok).toBe(true)
  })

  it('lets other work run while it parses a large body', () => {
    const event = JSON.stringify({ a: 'x'.repeat(1_000) })
    expect(run(`[${Array(2_000).fill(event).join(',')}]`).pauses).toBeGreaterThan(10)
    expect(run(Array(2_000).fill(event).join('\n'), 'ndjson').pauses).toBeGreaterThan(10)
  })

  it('takes in slices exactly what JSON.parse takes as a whole', () => {
    const filler = JSON.stringify('y'.repeat(50_000))
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }).map(v => JSON.stringify(v)),
      fc.constant(filler),
    )
    const separator = fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom(',', ' , ', ',\n') },
      { weight: 1, arbitrary: fc.constantFrom(',,', '', '],[', ']', '}') },
    )
    const ending = fc.oneof(
      { weight: 10, arbitrary: fc.constantFrom(']', ' ] \n') },
      { weight: 1, arbitrary: fc.constantFrom('', ',]', ']]', '] x', '}') },
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, separator), { minLength: 4, maxLength: 12 }),
        ending,
        fc.constantFrom('[', ' [', '[,'),
        (parts, end, begin) => {
          const text = begin + parts.flat().slice(0, -1).join('') + end
          let expected: unknown
          try {
            expected = JSON.parse(text)
          } catch {}
          const result = parse(text)
          const same = JSON.stringify(result.ok ? result.batch.items : undefined) === JSON.stringify(expected)
          expect(same, `${text.length} bytes ending in ${text.slice(-20)}`).toBe(true)
        },
      ),
    )
  })
})
