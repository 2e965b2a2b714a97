import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { jsonSchemas, parseYaml } from '@northstar/catalogue'
import { expect, test } from 'vitest'
import * as z from 'zod'
import { metricKinds } from './index.ts'

const products = fileURLToPath(new URL('../../../deploy/products', import.meta.url))

// `northstar schemas --write` writes them anew.
test.each([...jsonSchemas(metricKinds)])('the schema that editors use is the one that is checked: %s', async (name, schema) => {
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(`${products}/schemas/${name}`)
  const file = name.replace('.json', '.yaml')
  const content = parseYaml(file, readFileSync(`${products}/caro/${file}`, 'utf8'), z.unknown())
  const checked = z.fromJSONSchema(schema).safeParse(content.value)
  expect(checked.error).toBeUndefined()
})
