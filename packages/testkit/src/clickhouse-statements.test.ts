import { expect, test } from 'vitest'
import { escapeLiteral, inFileStatement, isOneStatement } from './clickhouse-statements.ts'

test('quotes in a text do not end its literal', () => {
  expect(escapeLiteral("a'b\\")).toBe("'a\\'b\\\\'")
})

test.each([
  ['INSERT INTO t FORMAT JSONEachRow', "INSERT INTO t FROM INFILE '/f' FORMAT JSONEachRow"],
  ['insert into `d`.`t` (a, b) format CSV\n', "insert into `d`.`t` (a, b) FROM INFILE '/f' FORMAT CSV"],
  [
    "INSERT INTO d.t SETTINGS a = 1, token = 'x' FORMAT JSONEachRow",
    "INSERT INTO d.t FROM INFILE '/f' SETTINGS a = 1, token = 'x' FORMAT JSONEachRow",
  ],
])('an insert reads its rows from a file: %s', (query, expected) => {
  expect(inFileStatement(query, '/f')?.replace(/\s+/g, ' ')).toBe(expected)
})

test.each(['SELECT 1', 'INSERT INTO t SELECT 1', 'INSERT INTO t VALUES (1)', 'INSERT INTO t FORMAT JSONEachRow {"a":1}'])(
  'nothing else does: %s',
  query => {
    expect(inFileStatement(query, '/f')).toBeUndefined()
  },
)

test.each([
  ['SELECT 1', true],
  ['SELECT 1;', true],
  ["SELECT ';'; -- ; x\n/* ; */", true],
  ["SELECT 'it\\'s; ok', `a;b`, \"c;d\"", true],
  ['SELECT 1; SELECT 2', false],
  ["SELECT ''; DROP TABLE t", false],
  ['SELECT 1; /* x */ DROP TABLE t', false],
])('one statement or several: %s', (text, one) => {
  expect(isOneStatement(text)).toBe(one)
})
