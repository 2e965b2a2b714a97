import { expect, it } from 'vitest'
import { coverageByCategory, readCoverage } from './coverage.ts'

const LCOV = `TN:
SF:/work/caro/src/safety/check.rs
FN:1,check
DA:1,5
DA:2,0
DA:3,1
LF:3
LH:2
end_of_record
SF:src/utils/text.rs
DA:1,1
DA:2,0
end_of_record
TN:second
SF:/work/caro/src/safety/check.rs
DA:2,4
end_of_record
`

const COBERTURA = `<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM "https://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="0.8" version="1.9" timestamp="1700000000">
  <sources><source>/work/caro</source></sources>
  <packages>
    <package name="safety"><classes>
      <class name="check" filename="src/safety/check.rs">
        <methods><method name="check"><lines><line number="1" hits="5"/></lines></method></methods>
        <lines><line number="1" hits="5"/><line number="2" hits="4"/><line number="3" hits="1" branch="true"/></lines>
      </class>
    </classes></package>
    <package name="utils"><classes>
      <class name="text" filename="src/utils/text.rs"><methods/><lines><line number="1" hits="1"/><line number="2" hits="0"/></lines></class>
      <class name="none" filename="src/utils/none.rs"><lines/></class>
    </classes></package>
    <package name="empty"><classes/></package>
  </packages>
</coverage>`

const categories = new Map([
  ['safety', ['src/safety/**']],
  ['utils', ['src/utils/**', 'src/misc/**']],
])

it.each([
  ['lcov', LCOV],
  ['Cobertura', COBERTURA],
])('%s: the share of lines by category; a line is executed if any test executed it', (_, text) => {
  expect([...coverageByCategory(readCoverage(text), categories, '/work/caro')]).toEqual([
    ['overall', 0.8],
    ['safety', 1],
    ['utils', 0.5],
  ])
})

it('lcov without an end of record, with a byte order mark, Windows’ line ends and paths, checksums and hits that are not numbers', () => {
  const text = '\uFEFFSF:C:\\work\\caro\\src\\safety\\check.rs\r\nDA:1,5,abc\r\nDA:2,=====\r\nSF:.\\src\\utils\\text.rs\r\nDA:1,1\r\nDA:2,0'
  expect([...coverageByCategory(readCoverage(text), categories, 'C:\\work\\caro')]).toEqual([
    ['overall', 0.5],
    ['safety', 0.5],
    ['utils', 0.5],
  ])
})

it('Cobertura names files with XML’s own entities; others are not expanded', () => {
  const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')
  const text = `<?xml version="1.0"?><!DOCTYPE coverage [<!ENTITY l0 "ha">${laughs}]><coverage><packages><package><classes>
    <class filename="src/safety/&#65;&amp;b.rs"><lines><line number="1" hits="1"/></lines></class>
    <class filename="src\\utils\\&l9;.rs"><lines><line number="1" hits="0"/></lines></class>
  </classes></package></packages></coverage>`
  expect([...readCoverage(text).keys()]).toEqual(['src/safety/A&b.rs', 'src\\utils\\&l9;.rs'])
})

it('a category without a line is a mistake', () => {
  expect(() => coverageByCategory(readCoverage(LCOV), new Map([['core', ['src/core/**']]]), '/work/caro')).toThrow(
    'the category core has no lines: no file matches src/core/**',
  )
})

it.each(['', 'hello', '<html></html>', '<coverage><packages/></coverage>', '<coverage', '{"total": 1}'])('"%s" is not a report', text => {
  expect(() => readCoverage(text)).toThrow(expect.objectContaining({ code: 'coverage_unusable' }))
})
