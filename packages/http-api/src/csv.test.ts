import { expect, test } from 'vitest'
import { type Cell, csvOf } from './csv.ts'

test.each<[string, Cell, string]>([
  ['a formula', '=1+1', "'=1+1"],
  ['a formula with a plus', '+x', "'+x"],
  ['a formula with a minus', '-x', "'-x"],
  ['a function', '@SUM(A1)', "'@SUM(A1)"],
  ['a formula after a tab', '\t=x', `"'\t=x"`],
  ['a formula after an end of line', '\r=x', `"'\r=x"`],
  ['a formula after blanks', '  =x', "'  =x"],
  ['a formula after a wide blank', '　=x', "'　=x"],
  ['a formula in wide forms', '＝1＋1', "'＝1＋1"],
  ['a formula after a semicolon', 'a;=x', '"a;=x"'],
  ['quotes', 'a,"b"', '"a,""b"""'],
  ['lines', 'a\r\nb', '"a\r\nb"'],
  ['an empty text', '', '""'],
  ['null', null, ''],
  ['an absent cell', undefined, ''],
  ['a negative number', -2.5, '-2.5'],
  ['a number in a text', '2.5', '2.5'],
  ['a large number', 1e21, '1e+21'],
  ['a truth value', true, 'true'],
  ['controls of the terminal', '\u001b]0;x\u0007\u009b', String.raw`"\x1b]0;x\x07\x9b"`],
  ['controls of the direction', 'a\u202eb\u2066', String.raw`a\u202eb\u2066`],
  ['a byte order mark before a formula', '\ufeff=x', String.raw`\ufeff=x`],
  ['letters outside ASCII', 'Žluťoučký 🙂', 'Žluťoučký 🙂'],
])('%s', (_, cell, expected) => {
  expect(csvOf([[cell]])).toBe(expected)
})

test('rows end with CRLF, and names of columns are cells too', () => {
  expect(
    csvOf([
      ['=name', 'b'],
      [1, null],
    ]),
  ).toBe("'=name,b\r\n1,")
})
