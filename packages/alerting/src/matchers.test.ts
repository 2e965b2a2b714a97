import { describe, expect, it } from 'vitest'
import { type Matcher, matcherProblem, matches, parseMatcher, patternSteps } from './matchers.ts'

const matcher = (text: string) => parseMatcher(text) ?? expect.fail(`${text} is not a matcher`)

describe('a matcher', () => {
  it.each<[string, string, boolean]>([
    ['a="x"', 'x', true],
    ['a=x', 'x', true],
    ['a!="x"', 'x', false],
    ['a=~"x.*"', 'xyz', true],
    ['a=~"y"', 'xyz', false],
    ['a!~"y"', 'xyz', true],
    ['a=~"stab\\-ility"', 'stab-ility', true],
    ['a=~"(?i)HIGH"', 'high', true],
    ['a=~".*"', 'two\nlines', true],
    ['a=~"x|y"', 'y', true],
    ['a=~""', '', true],
  ])('%s on "%s": %s', (text, value, expected) => {
    expect(matches([matcher(text)], { a: value })).toBe(expected)
  })

  it.each([
    ['a=~"("', 'missing'],
    ['a=~"(?=x)"', 'invalid or unsupported Perl syntax'],
    ['a=~"(x)\\\\1"', 'invalid escape sequence'],
    ['a=~"x{1001}"', 'invalid repeat count'],
    [`a=~"${'x{1000}'.repeat(20)}"`, 'too large'],
    ['a=~"[\\pL\\pN]{1,900}"', 'too large'],
    [`a=~"${'x'.repeat(501)}"`, 'longer than 500'],
    ['a is b', 'is not a matcher'],
  ])('%s is refused with the reason', (text, reason) => {
    expect(parseMatcher(text)).toBeNull()
    expect(matcherProblem(text)).toContain(reason)
  })

  it('takes time in proportion to the text', () => {
    const evil = matcher('a=~"(a+)+$"')
    const started = performance.now()
    expect(matches([evil], { a: `${'a'.repeat(50_000)}b` })).toBe(false)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('gives the same result again, also after more values than are remembered', () => {
    const digits = matcher('a=~"m[0-9]+"')
    const values = Array.from({ length: 150_000 }, (_, i) => (i % 3 === 0 ? `x${i}` : `m${i}`))
    for (let round = 0; round < 2; round++) expect(values.filter(a => matches([digits], { a }) !== a.startsWith('m'))).toEqual([])
  })

  it('costs steps in proportion to pattern and text; without a pattern none', () => {
    const [few, many] = ['a=~"x{10}"', 'a=~"x{500}"'].map(matcher)
    const steps = (one: Matcher | undefined, text: string) => patternSteps(one ? [one] : [], { a: text })
    expect(steps(many, 'x'.repeat(100))).toBeGreaterThan(50_000)
    expect(steps(many, 'x'.repeat(200))).toBe(2 * steps(many, 'x'.repeat(100)))
    expect(steps(few, 'x'.repeat(100))).toBeLessThan(2_000)
    expect(steps(matcher('a="x"'), 'x'.repeat(100))).toBe(0)
  })

  it('with a pattern that cannot be compiled holds for nothing and throws nothing', () => {
    for (const isEqual of [true, false]) {
      const bad: Matcher = { name: 'a', value: '(', isRegex: true, isEqual }
      expect(matches([bad], { a: 'x' })).toBe(false)
    }
  })
})
