import { describe, expect, it } from 'vitest'
import { BlockWriter } from './block/block-writer.ts'
import { decodeEvents } from './event-block.ts'
import { hashKey, hashText } from './hash.ts'
import { NO_KEY } from './key.ts'
import { testPlan } from './plan.test-data.ts'
import { type Row, rowsOf } from './row.ts'
import { compileValidator } from './validate.ts'

const NOW = Date.parse('2026-02-01T12:00:00Z')
const pseudonyms = {
  user: (id: string) => hashKey(`user ${id}`),
  session: (id: string) => hashKey(`session ${id}`),
  property: (name: string, value: string) => `${name}:${value}`,
}
const plan = testPlan()
const { draft, check: validate } = compileValidator(plan, { pseudonyms, maxAgeMs: 730 * 86_400_000 })

/** The outcome of the check; of a good event also the row that is written. */
function check(event: unknown, skew = 0) {
  const rejection = validate(event, { receivedAt: NOW, skew })
  if (rejection !== null) return { ok: false as const, rejection }
  const writer = new BlockWriter(plan.columns)
  draft.writeTo(writer, NO_KEY)
  const { value, rows } = writer.take()
  const events = decodeEvents(value, rows)
  if (events.outcome !== 'ok') throw new Error(events.reason)
  const [row] = rowsOf(events.value, new Uint32Array(2))
  return { ok: true as const, row: row as Row, id: draft.id }
}
const good = {
  event: 'command_generated',
  id: 'one',
  timestamp: '2026-02-01T11:59:00Z',
  user_id: 'u',
  session_id: 's',
  properties: { category: 'devops', platform: 'linux' },
}

describe('the age of an event', () => {
  const daysAgo = (days: number) => NOW - days * 86_400_000
  it('is limited by the retention of its kind where that is shorter', () => {
    expect(check({ event: 'stars', value: 1, timestamp: daysAgo(89) }).ok).toBe(true)
    const rejection = { code: 'too_old', field: 'timestamp', message: expect.stringContaining('more than 90 days ago') }
    expect(check({ event: 'stars', value: 1, timestamp: daysAgo(91) })).toMatchObject({ rejection })
    expect(check({ ...good, timestamp: daysAgo(91) }).ok).toBe(true)
    expect(check({ ...good, timestamp: daysAgo(731) })).toMatchObject({ rejection: { code: 'too_old' } })
  })
})

describe('a good event', () => {
  it('becomes a row', () => {
    const result = check(good)
    expect(result).toEqual({
      ok: true,
      id: 'one',
      row: {
        event: 'command_generated',
        id: '',
        timestamp: NOW - 60_000,
        received_at: NOW,
        user_id: hashText('user u'),
        session_id: hashText('session s'),
        category: 'devops',
        platform: 'linux',
      },
    })
  })
  it('has its free texts refused, scrubbed or hashed as the plan says', () => {
    const event = { event: 'crash', user_id: 'u', notes: 'by ann@example.org, twice', device: 'serial-7' }
    expect(check(event)).toMatchObject({ ok: true, row: { notes: 'by [e-mail address], twice', device: 'device:serial-7' } })
    expect(check({ ...event, stack_trace: event.notes })).toMatchObject({ ok: false, rejection: { code: 'forbidden_data' } })
  })
  it('may be flat, of event_type, without id and time', () => {
    expect(check({ event_type: 'command_generated', user_id: 'u', category: 'x', platform: null })).toMatchObject({
      ok: true,
      id: '',
      row: { timestamp: NOW, session_id: '', category: 'x' },
    })
  })
  it('may carry a time ahead that the skew corrects', () => {
    expect(check({ ...good, timestamp: NOW + 3_600_000 }, -3_600_000)).toMatchObject({ ok: true, row: { timestamp: NOW } })
  })
  it('keeps what properties say over the same name beside them', () => {
    expect(check({ ...good, category: 'other' })).toMatchObject({ ok: true, row: { category: 'devops' } })
  })
  it('needs no user where the plan says so', () => expect(check({ event: 'stars', value: 5 }).ok).toBe(true))
})

describe('a bad event', () => {
  const survey = (rating: unknown) => ({ event: 'satisfaction_survey', user_id: 'u', properties: { rating } })
  it.each([
    ['null', null, 'wrong_type', null],
    ['an array', [], 'wrong_type', null],
    ['no name', { user_id: 'u' }, 'missing_field', 'event'],
    ['a number for a name', { event: 7 }, 'wrong_type', 'event'],
    ['an unknown name', { ...good, event: 'comand_generated' }, 'unknown_event', 'event'],
    ['an inherited name', { ...good, event: 'constructor' }, 'unknown_event', 'event'],
    ['no user', { ...good, user_id: undefined }, 'missing_field', 'user_id'],
    ['an empty user', { ...good, user_id: '' }, 'missing_field', 'user_id'],
    ['a number for a user', { ...good, user_id: 5 }, 'wrong_type', 'user_id'],
    ['a long id', { ...good, id: 'x'.repeat(129) }, 'too_long', 'id'],
    ['an object for a session', { ...good, session_id: {} }, 'wrong_type', 'session_id'],
    ['words for a time', { ...good, timestamp: 'noon' }, 'wrong_type', 'timestamp'],
    ['a time ahead', { ...good, timestamp: NOW + 300_001 }, 'future_timestamp', 'timestamp'],
    ['seconds for milliseconds', { ...good, timestamp: NOW / 1000 }, 'too_old', 'timestamp'],
    ['an endless time', { ...good, timestamp: Number.POSITIVE_INFINITY }, 'wrong_type', 'timestamp'],
    ['a list of properties', { ...good, properties: [] }, 'wrong_type', 'properties'],
    ['an unknown property', { ...good, properties: { category: 'x', platfrom: 'linux' } }, 'unknown_property', 'platfrom'],
    ['an unknown field', { ...good, nonsense: 1 }, 'unknown_property', 'nonsense'],
    ['a field of ours', { ...good, received_at: 1 }, 'unknown_property', 'received_at'],
    ['a polluting field', JSON.parse('{"event":"stars","value":1,"__proto__":{"a":1}}'), 'unknown_property', '__proto__'],
    ['a nested value', { ...good, properties: { category: ['x'] } }, 'wrong_type', 'category'],
    ['a missing property', { ...good, properties: {} }, 'missing_field', 'category'],
    ['a number for a string', { ...good, properties: { category: 7 } }, 'wrong_type', 'category'],
    ['a value outside the list', { ...good, properties: { category: 'x', platform: 'amiga' } }, 'not_allowed', 'platform'],
    ['a long string', { ...good, properties: { category: 'x'.repeat(65) } }, 'too_long', 'category'],
    ['a rating of 9', survey(9), 'out_of_range', 'rating'],
    ['a rating of 3.5', survey(3.5), 'wrong_type', 'rating'],
    ['a rating in quotes', survey('3'), 'wrong_type', 'rating'],
    ['an endless number', { event: 'latency', user_id: 'u', duration_ms: Number.POSITIVE_INFINITY }, 'out_of_range', 'duration_ms'],
    [
      'a number near the largest double',
      { event: 'latency', user_id: 'u', duration_ms: 1.7976931348623157e308 },
      'out_of_range',
      'duration_ms',
    ],
    ['a number beyond 2^53', { event: 'latency', user_id: 'u', duration_ms: 2 ** 53 }, 'out_of_range', 'duration_ms'],
    ['a time before the retention', { ...good, timestamp: NOW - 731 * 86_400_000 }, 'too_old', 'timestamp'],
    ['an unsafe integer', { event: 'stars', value: 2 ** 53 }, 'out_of_range', 'value'],
    ['a word for a boolean', { event: 'latency', user_id: 'u', duration_ms: 1, success: 'yes' }, 'wrong_type', 'success'],
    ['an address', { event: 'crash', user_id: 'u', stack_trace: 'mail ann@example.org' }, 'forbidden_data', 'stack_trace'],
  ])('with %s is refused', (_, event, code, field) => {
    const result = check(event)
    expect(result).toMatchObject({ ok: false, rejection: { code, field } })
    if (!result.ok && field !== null) expect(result.rejection.message).toContain(field)
  })

  it('names the nearest valid name, or lists the valid ones', () => {
    const message = (event: unknown) => {
      const result = check(event)
      return result.ok ? '' : result.rejection.message
    }
    expect(message({ ...good, event: 'comand_generated' })).toContain('did you mean command_generated?')
    expect(message({ ...good, properties: { category: 'x', platfrom: 'linux' } })).toContain('did you mean platform?')
    expect(message({ ...good, event: 'zzz' })).toMatch(/there are .*command_generated/)
    expect(message({ ...good, properties: { category: 'x', zzz: 1 } })).toMatch(/there are .*platform/)
  })

  it('costs a fixed time for each further unknown name once the first hundred are described', () => {
    const refuse = (n: number) => {
      const rejections = Array.from({ length: n }, (_, i) => check({ ...good, properties: { [`categorx_${i}_${'y'.repeat(40)}`]: 1 } }))
      const start = performance.now()
      for (const result of rejections.slice(0, 100)) if (!result.ok) expect(result.rejection.message).toContain('category')
      return performance.now() - start
    }
    expect(refuse(50_000)).toBeLessThan(1_000)
  })

  it('leaves no trace on objects', () => {
    check(JSON.parse('{"event":"stars","value":1,"properties":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}}'))
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

it.each(['__proto__', 'user_id', 'timestamp', 'user_key', '1st'])('refuses a plan with a property named %s', name => {
  const stars = plan.events.get('stars')
  if (!stars) throw new Error('no such kind')
  const property = { name, type: 'string', required: false, description: '', privacy: 'internal' } as const
  const events = new Map([['stars', { ...stars, properties: new Map([[name, property]]) }]])
  const columns = [{ name, type: 'string', lowCardinality: false }] as const
  expect(() => compileValidator({ events, columns }, { pseudonyms, maxAgeMs: 1 })).toThrow(RangeError)
})
