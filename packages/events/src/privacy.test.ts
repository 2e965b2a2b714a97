import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPseudonyms } from './privacy.ts'

describe('createPseudonyms', () => {
  it('is HMAC-SHA256 cut to 16 hex digits, cached or not', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 100 }),
        fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 2_000 })),
        (key, ids) => {
          const pseudonyms = createPseudonyms(key, { cached: 4 })
          for (const id of [...ids, ...ids]) {
            expect(pseudonyms.of(id)).toBe(createHmac('sha256', key).update(id).digest('hex').slice(0, 16))
          }
        },
      ),
    )
  })
  it('gives nothing for nothing, and refuses a weak key', () => {
    expect(createPseudonyms(new Uint8Array(32)).of('')).toBe('')
    expect(() => createPseudonyms(new Uint8Array(8))).toThrow(RangeError)
  })
})
