import { expect, test } from 'vitest'
import { createIdentities } from './identity.ts'
import { type Key, keyText, NO_KEY, parseKey, partitionOf } from './key.ts'

const secret = new Uint8Array(32).fill(7)
const user = (n: number): Key => ({ high: n, low: Math.imul(n, 0x9e3779b1) >>> 0 })

test('an event sent again has the same identity, in another process too', () => {
  const first = createIdentities(secret)('key-1').of(user(1), 'id')
  expect(createIdentities(secret)('key-1').of(user(1), 'id')).toEqual(first)
})

test('equal ids of two users, two senders or under two secrets are different events', () => {
  const identities = createIdentities(secret)
  const one = identities('key-1')
  const texts = [
    one.of(user(1), '1'),
    one.of(user(2), '1'),
    one.of(NO_KEY, '1'),
    identities('key-2').of(user(1), '1'),
    createIdentities(new Uint8Array(32))('key-1').of(user(1), '1'),
  ].map(keyText)
  expect(new Set(texts).size).toBe(texts.length)
})

test('events without an id are never the same', () => {
  const one = createIdentities(secret)('key-1')
  expect(new Set(Array.from({ length: 5_000 }, () => keyText(one.of(user(1), '')))).size).toBe(5_000)
})

test('an event and its repetition lie in one partition, whether its user is known or not', () => {
  const identities = createIdentities(secret)('key-1')
  for (const whose of [user(5), NO_KEY]) {
    const places = Array.from({ length: 2 }, () => partitionOf(whose, identities.of(whose, 'id'), 8))
    expect(places[0]).toBe(places[1])
  }
  const spread = new Set(Array.from({ length: 100 }, (_, i) => partitionOf(NO_KEY, identities.of(NO_KEY, `${i}`), 8)))
  expect(spread.size).toBe(8)
  expect(new Set(Array.from({ length: 50 }, (_, i) => partitionOf(user(9), identities.of(user(9), `${i}`), 8))).size).toBe(1)
})

test('keys as text', () => {
  for (const key of [NO_KEY, { high: 0, low: 1 }, { high: 0xffff_ffff, low: 0xabc }]) expect(parseKey(keyText(key))).toEqual(key)
  for (const text of ['x', '00ff', '00FF00FF00FF00FF', '0123456789abcdefg']) expect(parseKey(text)).toBeNull()
})
