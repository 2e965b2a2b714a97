import { expect, test } from 'vitest'
import { csvOf } from './csv.ts'

test('formulas are neutralised, numbers are left alone, and null differs from an empty text', () => {
  expect(csvOf([['=1+1', '+x', '-x', '@x', '\tx', 'a,"b"', '', null, -2.5, 'a\u0007b', true]])).toBe(
    `'=1+1,'+x,'-x,'@x,'\tx,"a,""b""","",,-2.5,ab,true`,
  )
})
