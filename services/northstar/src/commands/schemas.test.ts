import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { productSchemas } from './schemas.ts'

const folder = fileURLToPath(new URL('../../../../deploy/products/schemas', import.meta.url))

test.each([...productSchemas()])('%s is as `northstar schemas --write` writes it', (name, text) => {
  expect(readFileSync(`${folder}/${name}`, 'utf8')).toBe(text)
})
