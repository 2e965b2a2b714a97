import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyText, NO_KEY } from './key.ts'
import { createPseudonyms, deriveKey, secretFingerprint } from './privacy.ts'

describe('createPseudonyms', () => {
  it('are HMAC-SHA256 under the domain’s key, cut to 16 hex digits, cached or not', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 100 }),
        fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 2_000 })),
        (secret, ids) => {
          const pseudonyms = createPseudonyms(secret, { cached: 4 })
          const expected = (domain: 'user' | 'session', id: string) =>
            createHmac('sha256', deriveKey(secret, domain)).update(id).digest('hex').slice(0, 16)
          for (const id of [...ids, ...ids]) {
            expect(keyText(pseudonyms.user(id))).toBe(expected('user', id))
            expect(keyText(pseudonyms.session(id))).toBe(expected('session', id))
          }
        },
      ),
    )
  })
  it('keep users, sessions and properties apart', () => {
    const { user, session, property } = createPseudonyms(new Uint8Array(32))
    expect(new Set([keyText(user('a')), keyText(session('a')), property('x', 'a'), property('y', 'a')]).size).toBe(4)
  })
  it('are empty for an empty id, and refuse a weak secret', () => {
    const { user, session, property } = createPseudonyms(new Uint8Array(32))
    expect([user(''), session(''), property('x', '')]).toEqual([NO_KEY, NO_KEY, ''])
    expect(() => createPseudonyms(new Uint8Array(8))).toThrow(RangeError)
  })
})

it('fingerprints of secrets differ and reveal no derived key', () => {
  const one = new Uint8Array(32)
  expect(secretFingerprint(one)).toMatch(/^[0-9a-f]{16}$/)
  expect(secretFingerprint(one)).not.toBe(secretFingerprint(new Uint8Array(32).fill(1)))
  expect(secretFingerprint(one)).not.toBe(keyText(createPseudonyms(one).user('northstar fingerprint')))
})
