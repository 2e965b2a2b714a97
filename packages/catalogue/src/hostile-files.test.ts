import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { parseYaml, readYamlFile } from './index.ts'

const anything = z.looseObject({})
const mistakes = (text: string) => parseYaml('a.yaml', text, anything).problems.map(({ line, message }) => `${line}: ${message}`)

describe('a text that is not YAML is reported by line and remedy, in the words of this program', () => {
  test.each<[string, string, string]>([
    ['a tab as indentation', 'a:\n\tb: 1\n', '2: lines cannot be indented by tabs: use spaces'],
    [
      'an open quote',
      'a: "b\nc: d\n',
      '3: a closing quote or bracket, a comma, or a space after a colon or dash is missing here or on a line above',
    ],
    ['two keys on a line', 'a: b: c\n', '1: a line has one key: put a value that contains ": " in quotes, or begin a new line'],
    ['a value that begins with @', 'a: @b\n', '1: a text cannot begin with this character: put it in quotes'],
    ['two documents', 'a: 1\n---\nb: 1\n', '2: a product file is one document: remove the "---" and what follows it'],
    ['a repeated key', 'a: 1\nb: 1\na: 2\n', '3: the key "a" is repeated: remove one of them, or rename it'],
    ['an alias without anchor', 'a: *b\n', '1: there is no anchor &b before *b: define it above'],
    ['an alias of what contains it', 'a: &a [*a]\n', '1: there is no anchor &a before *a: define it above'],
    ['an unknown tag', 'a: !secret b\n', '1: unknown tag: remove the word that begins with "!", or put the text in quotes'],
    ['a list as a key', '? [a, b]\n: 1\n', '1: a key must be a text: put it in quotes'],
    ['a merge of what is no map', 'a: &a 1\nb: { <<: *a }\n', '2: expected an alias of a map after <<'],
    ['nothing', '', '1: is empty: fill it in, or remove the file'],
    ['comments alone', '# a: 1\n# b: 2\n', '1: is empty: fill it in, or remove the file'],
    ['20,000 brackets', `a: ${'['.repeat(20_000)}`, '1: is nested more than 100 levels deep: write it flatter'],
    ['20,000 dashes', `a:\n  ${'- '.repeat(20_000)}b`, '2: is nested more than 100 levels deep: write it flatter'],
  ])('%s', (_, text, expected) => {
    expect(mistakes(text)).toEqual([expected])
  })

  test('a mark of byte order and line ends of Windows are no mistakes', () => {
    expect(parseYaml('a.yaml', '\ufeffa: 1\r\nb:\r\n  - 2\r\n', anything)).toMatchObject({ problems: [], value: { a: 1, b: [2] } })
    expect(mistakes('\ufeffa: 1\r\nb: 1\r\na: 2\r\n')).toEqual(['3: the key "a" is repeated: remove one of them, or rename it'])
  })

  test('the key __proto__ is a key like others', () => {
    const { value } = parseYaml('a.yaml', '__proto__: { polluted: true }\n', anything)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(Object.keys(value ?? {})).toEqual([])
  })
})

describe('aliases that multiply are refused before they are written out', () => {
  const levels = (first: string, next: (name: string) => string) =>
    Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} ${next(`*l${i}`)}\n`).reduce(
      (text, line) => text + line,
      `l0: &l0 ${first}\n`,
    )
  const refusal = expect.stringMatching(/^\d+: aliases repeat more than 100,000 values: write the parts out$/)

  test('in lists', () => {
    expect(mistakes(levels('[x]', name => `[${Array(10).fill(name).join(', ')}]`))).toEqual([refusal])
  })

  test('in merged maps', () => {
    expect(mistakes(levels('{ x: 1 }', name => `{ <<: [${Array(10).fill(name).join(', ')}] }`))).toEqual([refusal])
  })

  test('aliases and merged maps within the bound mean what they say', () => {
    const text = 'base: &base { a: 1, b: 2 }\nsame: *base\nmore: { <<: *base, b: 3 }\nboth: { <<: [{ a: 4 }, *base] }\n'
    expect(parseYaml('a.yaml', text, anything).value).toEqual({
      base: { a: 1, b: 2 },
      same: { a: 1, b: 2 },
      more: { a: 1, b: 3 },
      both: { a: 4, b: 2 },
    })
  })
})

describe('a file that cannot be read', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'northstar-file-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const path = () => join(folder, 'a.yaml')
  const found = () => readYamlFile(path(), anything)?.problems.map(({ line, message }) => `${line}: ${message}`)

  test('is a folder', () => {
    mkdirSync(path())
    expect(found()).toEqual(['1: is a folder, expected a file'])
  })

  test('is a symbolic link that leads nowhere, or back to itself', () => {
    symlinkSync(join(folder, 'b.yaml'), path())
    expect(found()).toEqual(['1: is a symbolic link to a file that does not exist: correct it or remove it'])
    symlinkSync(path(), join(folder, 'b.yaml'))
    expect(found()).toEqual(['1: is a symbolic link that leads back to itself: replace it by the file'])
  })

  test('has bytes that are no text', () => {
    writeFileSync(path(), Buffer.concat([Buffer.from('a: 1\nb: "'), Buffer.from([0xe9]), Buffer.from('"\n')]))
    expect(found()).toEqual(['2: has bytes that are not UTF-8: save the file as UTF-8'])
    writeFileSync(path(), Buffer.from('\ufeffa: 1\n', 'utf16le'))
    expect(found()).toEqual(['1: is encoded as UTF-16: save it as UTF-8'])
  })

  test('is too large', () => {
    writeFileSync(path(), Buffer.alloc(33 * 2 ** 20, '#'))
    expect(found()).toEqual(['1: is larger than 32 MiB, the most that is read: shorten it'])
  })

  // The superuser may read any file.
  test.skipIf(process.getuid?.() === 0)('may not be read (not tried as superuser)', () => {
    writeFileSync(path(), 'a: 1\n')
    chmodSync(path(), 0)
    expect(found()).toEqual(['1: no permission to read it: allow the user that runs Northstar to read it'])
  })

  test('is absent, which is no mistake', () => {
    expect(found()).toBeUndefined()
  })
})

test('five thousand entries, each with a mistake and an alias, are each reported at their line', () => {
  const text = `metrics:\n${Array.from({ length: 5_000 }, (_, i) => `  m${i}: { kind: cuont, by: &a${i} [x], also: *a${i} }\n`).join('')}`
  const kinds = z.looseObject({ metrics: z.record(z.string(), z.looseObject({ kind: z.enum(['count', 'unique']) })) })
  const { problems } = parseYaml('a.yaml', text, kinds)
  expect(problems).toHaveLength(5_000)
  expect(problems.at(-1)).toMatchObject({ line: 5_001, nearest: 'count' })
})
