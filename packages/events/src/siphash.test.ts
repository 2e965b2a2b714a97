import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SipHash } from './siphash.ts'

const MASK = (1n << 64n) - 1n

/** SipHash-1-3 as its paper has it, over bytes. */
function reference(key: Uint8Array, message: Uint8Array): bigint {
  const word = (bytes: Uint8Array, at: number) => Buffer.from(bytes).readBigUInt64LE(at)
  const rotate = (x: bigint, n: bigint) => ((x << n) | (x >> (64n - n))) & MASK
  const [k0, k1] = [word(key, 0), word(key, 8)]
  let [a, b, c, d] = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn, k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n]
  const round = () => {
    a = (a + b) & MASK
    c = (c + d) & MASK
    b = rotate(b, 13n) ^ a
    d = rotate(d, 16n) ^ c
    a = rotate(a, 32n)
    c = (c + b) & MASK
    a = (a + d) & MASK
    b = rotate(b, 17n) ^ c
    d = rotate(d, 21n) ^ a
    c = rotate(c, 32n)
  }
  const padded = Buffer.alloc(Math.floor(message.length / 8) * 8 + 8)
  padded.set(message)
  padded[padded.length - 1] = message.length & 0xff
  for (let at = 0; at < padded.length; at += 8) {
    d ^= word(padded, at)
    round()
    a ^= word(padded, at)
  }
  c ^= 0xffn
  for (let i = 0; i < 3; i++) round()
  return a ^ b ^ c ^ d
}

test('the reference itself gives a hash that other implementations give', () => {
  // From the test vectors of Rust's core::hash::sip, SipHasher13: key 00…0f, an empty message.
  expect(
    reference(
      Uint8Array.from({ length: 16 }, (_, i) => i),
      new Uint8Array(),
    ).toString(16),
  ).toBe('abac0158050fc4dc')
})

test('any number and text', () => {
  const word = fc.integer({ min: 0, max: 2 ** 32 - 1 })
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      word,
      word,
      fc.string({ unit: 'binary', maxLength: 140 }),
      (key, high, low, text) => {
        const hash = new SipHash(key)
        const number = Buffer.alloc(8)
        number.writeUInt32LE(low, 0)
        number.writeUInt32LE(high, 4)
        hash.update(high, low, text)
        expect((BigInt(hash.high) << 32n) | BigInt(hash.low)).toBe(reference(key, Buffer.concat([number, Buffer.from(text, 'utf16le')])))
      },
    ),
  )
})
