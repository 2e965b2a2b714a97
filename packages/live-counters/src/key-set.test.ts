import { keyText } from '@northstar/events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeySet } from './key-set.ts'

const word = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
const key = fc.record({ high: word, low: word }).filter(({ high, low }) => high !== 0 || low !== 0)

function textsOf(set: KeySet): string[] {
  const texts: string[] = []
  set.visit((high, low) => {
    texts.push(keyText({ high, low }))
  })
  return texts.sort()
}

test('has the same members as a set of texts', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), fc.array(key, { maxLength: 200 }), (one, other) => {
      const set = KeySet.of(one)
      const texts = new Set(one.map(keyText))
      expect(textsOf(set)).toEqual([...texts].sort())
      expect(set.size).toBe(texts.size)
      set.addAll(KeySet.of(other))
      expect(textsOf(set)).toEqual([...new Set([...one, ...other].map(keyText))].sort())
    }),
  )
})
