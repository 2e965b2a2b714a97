import { describe, expect, it } from 'vitest'
import { CLEAN_STRINGS } from './clean-strings.test-data.ts'
import { findForbidden, scrubForbidden } from './forbidden-data.ts'
import { ENCODINGS, PERSONAL_STRINGS } from './personal-strings.test-data.ts'
import { STACK_TRACES } from './stack-traces.test-data.ts'

describe(`${PERSONAL_STRINGS.length} personal strings`, () => {
  it('are 300 different ones at least', () => {
    expect(new Set(PERSONAL_STRINGS.map(({ before, part, after }) => before + part + after)).size).toBeGreaterThanOrEqual(300)
  })

  it.each(Object.entries(ENCODINGS))('are found and scrubbed: %s', (_, encode) => {
    const missed: string[] = []
    for (const { kind, before, part, after } of PERSONAL_STRINGS) {
      const text = encode(before + part + after)
      const scrubbed = scrubForbidden(text, false)
      if (findForbidden(text, false) === null || scrubbed.includes(part) || scrubbed.includes(encode(part)))
        missed.push(`${kind}: ${text} → ${scrubbed}`)
    }
    expect(missed).toEqual([])
  })
})

it('mail addresses of 12 bytes and more are found in base64', () => {
  const mails = PERSONAL_STRINGS.filter(({ kind, part }) => kind === 'e-mail address' && Buffer.byteLength(part) >= 12)
  const missed = mails.flatMap(({ part }) =>
    (['base64', 'base64url'] as const).filter(encoding => findForbidden(`state=${Buffer.from(part).toString(encoding)}`, false) === null),
  )
  expect(mails.length).toBeGreaterThan(20)
  expect(missed).toEqual([])
})

it('of clean stack traces no line is changed', () => {
  let all = 0
  const changed: string[] = []
  for (const [language, trace] of Object.entries(STACK_TRACES)) {
    const lines = trace.split('\n')
    const wrong = lines.filter(line => scrubForbidden(line, false) !== line)
    process.stderr.write(`clean stack traces of ${language}: ${wrong.length} of ${lines.length} lines changed\n`)
    changed.push(...wrong.map(line => `${line} → ${scrubForbidden(line, false)}`))
    all += lines.length
  }
  process.stderr.write(`false positives: ${changed.length} of ${all} lines\n`)
  expect(changed).toEqual([])
})

it(`${CLEAN_STRINGS.length} clean texts are unchanged`, () => {
  expect(CLEAN_STRINGS.filter(text => scrubForbidden(text, false) !== text || findForbidden(text, false) !== null)).toEqual([])
})
