import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CatalogueInvalid, formatProblem, loadProduct } from './index.ts'

const PRODUCT = 'name: shop\ntitle: Shop\ntimezone: Europe/Berlin\nlaunch: 2026-01-15\n'
const PLAN = 'events:\n  purchase:\n    description: A purchase.\n    properties:\n      amount: { type: number }\n'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'northstar-product-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function problems(files: Readonly<Record<string, string>>): readonly string[] {
  for (const [name, text] of Object.entries({ 'product.yaml': PRODUCT, 'tracking-plan.yaml': PLAN, ...files })) {
    if (text !== '') writeFileSync(join(folder, name), text)
  }
  try {
    loadProduct(folder, {}, { retentionDays: 730 })
  } catch (error) {
    if (error instanceof CatalogueInvalid) return error.problems.map(formatProblem)
    throw error
  }
  return []
}

const event = (properties: string) => `events:\n  purchase:\n    description: A purchase.\n    properties:\n      ${properties}\n`

describe('a mistake names its file, its line, what was expected and the nearest word', () => {
  test.each<[string, string, string, string]>([
    [
      'no file',
      'product.yaml',
      '',
      expect.stringMatching(
        /^product.yaml:1: is missing in northstar-product-\w+: every product folder needs it. Is another folder meant\?$/,
      ),
    ],
    [
      'no YAML',
      'product.yaml',
      'name: [shop\ntitle: x',
      'product.yaml:2: the indentation does not fit the lines above: align it with its list or map, and close brackets',
    ],
    [
      'a key twice',
      'product.yaml',
      `${PRODUCT}name: other\n`,
      'product.yaml:5: the key "name" is repeated: remove one of them, or rename it',
    ],
    [
      'a retention that is too short',
      'tracking-plan.yaml',
      'events:\n  purchase:\n    description: A purchase.\n    retention: 7d\n',
      'tracking-plan.yaml:4: retention must be whole days, at least 36d: live counters reach back 35 days',
    ],
    [
      'a retention that is longer than any event is kept',
      'tracking-plan.yaml',
      'events:\n  purchase:\n    description: A purchase.\n    retention: 900d\n',
      'tracking-plan.yaml:4: retention is longer than the 730 days after which the warehouse deletes any event; write less, leave it out, or raise NORTHSTAR_RETENTION_DAYS',
    ],
    ['a list', 'product.yaml', '- shop', 'product.yaml:1: expected object, got ["shop"]'],
    ['a missing key', 'product.yaml', PRODUCT.replace('title: Shop\n', ''), 'product.yaml:1: title: is missing, expected string'],
    [
      'an unknown key',
      'product.yaml',
      PRODUCT.replace('timezone', 'timezon'),
      'product.yaml:3: unknown key "timezon", expected one of name, title, timezone, launch; did you mean "timezone"?',
    ],
    ['a wrong type', 'product.yaml', PRODUCT.replace('Shop', '7'), 'product.yaml:2: title: expected string, got 7: put it in quotes'],
    [
      'a zone that is none',
      'product.yaml',
      PRODUCT.replace('Berlin', 'Berlinn'),
      'product.yaml:3: timezone: expected an IANA time zone, such as Europe/Berlin, got "Europe/Berlinn"',
    ],
    [
      'a day that is none',
      'product.yaml',
      PRODUCT.replace('01-15', '02-30'),
      'product.yaml:4: launch: expected a date as YYYY-MM-DD, got "2026-02-30"',
    ],
    ['no plan', 'tracking-plan.yaml', '', expect.stringMatching(/^tracking-plan.yaml:1: is missing in /)],
    ['a plan without events', 'tracking-plan.yaml', 'common: {}\n', 'tracking-plan.yaml:1: events: is missing, expected record'],
    [
      'an unknown type',
      'tracking-plan.yaml',
      event('amount: { type: numbr }'),
      'tracking-plan.yaml:5: events.purchase.properties.amount.type: expected one of string, integer, number, boolean, got "numbr"; did you mean "number"?',
    ],
    [
      'an unknown key of a property',
      'tracking-plan.yaml',
      event('amount: { type: number, requird: true }'),
      'tracking-plan.yaml:5: events.purchase.properties.amount: unknown key "requird", expected one of type, required, description, title, titles, privacy, values, min, max, max_length, personal_data, few_values; did you mean "required"?',
    ],
    [
      'a title of a value that is not listed',
      'tracking-plan.yaml',
      event('system: { type: string, values: [macos, linux], titles: { macoss: macOS } }'),
      'tracking-plan.yaml:5: system has no value "macoss", expected one of macos, linux; did you mean "macos"?',
    ],
    [
      'a name in capitals',
      'tracking-plan.yaml',
      event('Amount: { type: number }'),
      'tracking-plan.yaml:5: events.purchase.properties.Amount: not a valid name, expected a lower-case name of letters, digits and underscores',
    ],
    [
      'a reserved name',
      'tracking-plan.yaml',
      event('user_id: { type: string }'),
      'tracking-plan.yaml:5: "user_id" is a field or column of every event and cannot be a property',
    ],
    [
      'the name of a column that the warehouse has',
      'tracking-plan.yaml',
      event('session_key: { type: string }'),
      'tracking-plan.yaml:5: "session_key" is a field or column of every event and cannot be a property',
    ],
    [
      'bounds of a string',
      'tracking-plan.yaml',
      event('name: { type: string, min: 1 }'),
      'tracking-plan.yaml:5: min belongs to numbers, but name is of type string',
    ],
    [
      'values of a number',
      'tracking-plan.yaml',
      event('amount: { type: number, values: [a] }'),
      'tracking-plan.yaml:5: values belongs to strings, but amount is of type number',
    ],
    [
      'bounds the wrong way',
      'tracking-plan.yaml',
      event('amount: { type: number, min: 5, max: 1 }'),
      'tracking-plan.yaml:5: max is less than min: no value is allowed',
    ],
    [
      'one name of two types',
      'tracking-plan.yaml',
      `${PLAN}  refund:\n    description: A refund.\n    properties:\n      amount:\n        type: integer\n`,
      'tracking-plan.yaml:10: amount is integer here but number in another event; the warehouse has one column for both, so use one type or two names',
    ],
    [
      'a view twice',
      'tracking-plan.yaml',
      `${PLAN}  refund:\n    description: A refund.\n    view: analytics.purchase\n`,
      'tracking-plan.yaml:8: the view analytics.purchase is already used by purchase: name another',
    ],
  ])('%s', (_, file, text, expected) => {
    expect(problems({ [file]: text })).toEqual([expected])
  })

  test('all of them at once, over all files', () => {
    const found = problems({
      'product.yaml': PRODUCT.replace('timezone', 'timezon').replace('2026-01-15', 'soon'),
      'tracking-plan.yaml': event('amount: { type: numbr }\n      user_id: { type: string, min: 1 }'),
    })
    expect(found.map(line => line.split(': ')[0])).toEqual([
      'product.yaml:3',
      'product.yaml:4',
      'tracking-plan.yaml:5',
      'tracking-plan.yaml:6',
      'tracking-plan.yaml:6',
    ])
  })
})

test('secrets are filled in by the sections that have them, and nowhere else', () => {
  const plan = PLAN.replace('A purchase.', "'${HOME}'")
  for (const [name, text] of [
    ['product.yaml', PRODUCT],
    ['tracking-plan.yaml', plan],
  ] as const)
    writeFileSync(join(folder, name), text)
  const { catalogue } = loadProduct(folder, {}, { env: { HOME: '/root' } })
  expect(catalogue.plan.events.get('purchase')?.description).toBe('${HOME}')
})
