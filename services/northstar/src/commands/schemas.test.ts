import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseYaml } from '@northstar/catalogue'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { productSchemas } from './schemas.ts'

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

test.each(files)('%s tells editors its schema on the first line, and is as that says', path => {
  const text = readFileSync(join(products, path), 'utf8')
  const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? []
  expect(schema).toBe(`../schemas/${relative(dirname(path), path).replace('.yaml', '.json')}`)
  const against = z.fromJSONSchema(JSON.parse(readFileSync(join(products, dirname(path), schema), 'utf8')))
  expect(against.safeParse(parseYaml(path, text, z.unknown()).value).error).toBeUndefined()
})

test('the schema of alerts.test.yaml refuses what is none, and explains every field', () => {
  const schema = JSON.parse(productSchemas().get('alerts.test.json') ?? '')
  const against = z.fromJSONSchema(schema)
  const good = { name: 'one', start: '2026-01-20T15:00:00Z', events: [{ event: 'crash', at: '5m', properties: { fatal: true } }] }
  expect(against.safeParse({ tests: [good] }).error).toBeUndefined()
  const bad = [
    { ...good, name: 7 },
    { ...good, event: [] },
    { ...good, events: [{ at: '5m' }] },
    { ...good, events: [{ event: 'a', count: 0 }] },
  ]
  expect(bad.map(test => against.safeParse({ tests: [test] }).success)).toEqual([false, false, false, false])
  const parts = [schema, ...Object.values(schema.$defs)] as { properties?: object; items?: { properties?: object } }[]
  const fields: [string, { $ref?: string; description?: string }][] = parts.flatMap(part =>
    Object.entries(part.properties ?? part.items?.properties ?? {}),
  )
  const described = (field: { $ref?: string; description?: string }) =>
    (field.description ?? schema.$defs[field.$ref?.replace('#/$defs/', '') ?? '']?.description) !== undefined
  expect(fields.length).toBeGreaterThan(25)
  expect(fields.filter(([, field]) => !described(field)).map(([name]) => name)).toEqual([])
})
