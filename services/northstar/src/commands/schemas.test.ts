import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseYaml } from '@northstar/catalogue'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { productSchemas } from '../product.ts'

const products = fileURLToPath(new URL('../../../../deploy/products', import.meta.url))
const folder = join(products, 'schemas')
const files = readdirSync(products, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.yaml'))

test.each([...productSchemas()])('%s is as `northstar schemas --write` writes it', (name, text) => {
  expect(readFileSync(`${folder}/${name}`, 'utf8')).toBe(text)
})

test('every file of a product has a schema', () => {
  const named = (path: string) => relative(dirname(path), path).replace('.yaml', '.json')
  expect(new Set(files.map(named))).toEqual(new Set(productSchemas().keys()))
})

test.each(files)('%s names its schema on the first line, and conforms to it', path => {
  const text = readFileSync(join(products, path), 'utf8')
  const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
  expect(schema).toBe(`../schemas/${relative(dirname(path), path).replace('.yaml', '.json')}`)
  const against = z.fromJSONSchema(JSON.parse(readFileSync(join(products, dirname(path), schema), 'utf8')))
  expect(against.safeParse(parseYaml(path, text, z.unknown()).value).error).toBeUndefined()
})

test('the schema of alerts.test.yaml refuses what is none', () => {
  const against = z.fromJSONSchema(JSON.parse(productSchemas().get('alerts.test.json') ?? ''))
  const good = { name: 'one', start: '2026-01-20T15:00:00Z', events: [{ event: 'crash', at: '5m', properties: { fatal: true } }] }
  expect(against.safeParse({ tests: [good] }).error).toBeUndefined()
  const bad = [
    { ...good, name: 7 },
    { ...good, event: [] },
    { ...good, events: [{ at: '5m' }] },
    { ...good, events: [{ event: 'a', count: 0 }] },
  ]
  expect(bad.map(test => against.safeParse({ tests: [test] }).success)).toEqual([false, false, false, false])
})

interface Schema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
}

/** Every field of every map that a schema allows, with whether an editor can describe it. */
function fieldsOf(root: Schema): readonly (readonly [name: string, explained: boolean])[] {
  const named = (schema: Schema) => (schema.$ref === undefined ? undefined : root.$defs?.[schema.$ref.replace('#/$defs/', '')])
  const isExplained = (schema: Schema | undefined): boolean =>
    schema !== undefined && (schema.description !== undefined || isExplained(named(schema)) || (schema.allOf ?? []).some(isExplained))
  const within = (schema: Schema): readonly (readonly [string, boolean])[] => {
    const { properties = {}, items, additionalProperties, anyOf = [], oneOf = [], allOf = [] } = schema
    const parts = [...Object.values(properties), items, additionalProperties, ...anyOf, ...oneOf, ...allOf]
    const fields = Object.entries(properties).map(([name, field]) => [name, isExplained(field)] as const)
    return [...fields, ...parts.flatMap(part => (typeof part === 'object' ? within(part) : []))]
  }
  return [root, ...Object.values(root.$defs ?? {})].flatMap(within)
}

test.each([...productSchemas()])('%s explains every field', (_, text) => {
  const fields = fieldsOf(JSON.parse(text))
  expect(fields.length).toBeGreaterThan(0)
  expect(fields.filter(([, explained]) => !explained).map(([name]) => name)).toEqual([])
})
